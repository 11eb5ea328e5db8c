"""Areas ranked by a scheme: figures read, placed, scored, drawn anew, explained in words."""
