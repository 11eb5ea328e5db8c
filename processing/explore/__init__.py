"""What the panel asks: an exploration of a layer, ranked at once and tested in peace."""
