"""A CRM for measuring: one stream by the kit's reader, one action."""
