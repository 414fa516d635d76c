"""Who pays, how much, and how that is collected."""
