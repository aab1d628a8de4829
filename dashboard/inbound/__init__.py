"""Webhooks that come in: durable before they are answered, processed afterwards."""
