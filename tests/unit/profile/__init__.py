"""The profile for its users."""
