"""`python -m dashboard ...`: run, worker, migrate, doctor, tokens, invitations."""

from dashboard.cli.commands import main

__all__ = ["main"]
