"""Small counts hidden, and what would tell them."""
