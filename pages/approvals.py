"""Approvals: what agents may only do with a person's consent, and what nobody knows the end of."""

from dashboard.ui import approvals, frame

frame.title("approvals")
approvals.draw()
