"""How things are measured: frames in, frames out. No qgis, no Qt, no files."""
