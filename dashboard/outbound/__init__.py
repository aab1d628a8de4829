"""The desk's own events on their way to receivers, signed and retried for about three days."""
