"""Stripe payments."""
