"""Venues that reach most of the people sought."""
