"""Algorithms of the group 'Prepare'."""
