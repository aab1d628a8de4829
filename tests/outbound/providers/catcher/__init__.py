"""A service that gives out an address to post to, and no secret."""
