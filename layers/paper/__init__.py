"""Maps and pages on paper: layouts filled in, their legends and texts, and the files they make."""
