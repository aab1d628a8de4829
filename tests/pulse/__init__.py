"""A throw-away CRM for walks: two ways of reading, every kind of action, a signed hook."""
