"""The dock panel's room: it asks, shows and highlights; every figure comes from an algorithm."""
