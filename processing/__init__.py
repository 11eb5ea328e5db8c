"""What users run: the provider and, in a folder per group, its algorithms."""
