"""Figures of areas added up to larger places, and moved to areas of another year."""
