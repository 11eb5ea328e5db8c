"""A page per place: what stands on it, and in which order the pages come."""
