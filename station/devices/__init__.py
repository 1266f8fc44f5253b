"""What hangs on a slot: a modem behind a serial port, a programmer, a way to know of boards and to switch power."""
