"""Algorithms of the group 'Find'."""
