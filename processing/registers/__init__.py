"""Disease registers of practices, told for areas."""
