"""The one seam to this PC: files, clock, locks, child processes, secrets, logs."""
