"""Reading streams: one page and its cursor in one transaction."""
