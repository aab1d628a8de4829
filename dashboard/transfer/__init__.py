"""Configuration as YAML, out of one desk and into another; never a secret."""
