"""The commands that made a layer: told of every run, and kept with what it makes."""
