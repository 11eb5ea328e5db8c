"""Algorithms of the group 'Profile'."""
