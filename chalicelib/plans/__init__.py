"""What can be had, and for how much."""
