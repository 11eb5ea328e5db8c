"""Replies to win: how many in which area, of which group."""
