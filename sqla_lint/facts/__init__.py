"""What one file says, and how it is read out of it."""
