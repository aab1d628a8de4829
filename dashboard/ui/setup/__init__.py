"""Set-up in numbered steps, drawn from a provider's manifest."""

from dashboard.ui.setup.dialog import draw

__all__ = ["draw"]
