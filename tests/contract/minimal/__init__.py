"""The smallest provider there can be."""
