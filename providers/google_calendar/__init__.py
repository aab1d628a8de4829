"""Google Calendar: meetings of one calendar, watched by push channels."""
