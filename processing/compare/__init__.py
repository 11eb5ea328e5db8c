"""Algorithms of the group 'Compare'."""
