"""Measured, never asserted on absolute time: every figure is a ratio inside one run."""
