"""Journal: every action through an integration and every change by staff."""

from dashboard.ui import frame, journal_list

frame.title("journal")
journal_list.draw()
