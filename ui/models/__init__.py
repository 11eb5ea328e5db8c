"""Models of the panel, without a view."""
