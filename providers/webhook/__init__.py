"""Custom webhooks: signed events to any address, and signed events from anywhere."""
