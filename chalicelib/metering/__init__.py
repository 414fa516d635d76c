"""What was used, to the second."""
