"""Kommo, in Russia amoCRM: one product under two brands, one API."""
