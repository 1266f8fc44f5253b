"""nRF91 station: from blank boards to onboarded devices, with a record that holds."""
