"""Settings: apps at vendors, API tokens, staff, the public address and the key."""

from dashboard.contracts.people import Role
from dashboard.ui import admin, frame

frame.title("settingspage")
frame.needs(Role.ADMIN)
admin.draw()
