"""What things are called: load, check and recognise taxonomies. No qgis, no Qt."""
