"""The integrations desk: connect services, keep them in step, act through them."""
