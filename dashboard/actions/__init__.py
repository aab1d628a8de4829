"""What agents do at vendors: typed, allowed, done once, and written down."""
