"""Pages of the panel: each shows one side of the session."""
