"""The worlds of sandbox connections: kept in the database, served, played with."""
