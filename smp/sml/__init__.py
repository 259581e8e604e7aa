"""The names of participants in DNS."""
