"""Connecting agents to accounts: from the first click to the last."""
