"""Algorithms of the group 'Voice'."""
