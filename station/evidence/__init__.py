"""What leaves the station for others to use or check."""
