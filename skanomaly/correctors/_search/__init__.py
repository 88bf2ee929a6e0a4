"""Search for the fewest changes that make a row normal to a classifier."""
