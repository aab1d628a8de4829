"""A CRM that exists only in tests."""
