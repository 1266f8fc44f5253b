"""The engine: a process that owns a data folder and works on, whichever windows and commands come and go."""
