"""Operators, roles, PINs, second person."""
