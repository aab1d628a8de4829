"""OAuth 2.0: consent, code exchange, and tokens that stay fresh."""
