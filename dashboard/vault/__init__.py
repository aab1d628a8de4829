"""Secrets, sealed: what is in the database is useless without the key outside it."""
