"""Algorithms of the group 'Plan'."""
