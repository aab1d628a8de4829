"""AI agents and the fields each of them knows about a customer."""
