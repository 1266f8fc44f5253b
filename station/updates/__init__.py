"""Whether a newer package of the station lies where IT puts them: looked at, told, never installed."""
