"""The station's words as frozen values: no I/O, no clock, no third party."""
