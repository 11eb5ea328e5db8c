"""Replies of a survey: read, placed into areas, told in categories."""
