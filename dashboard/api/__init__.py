"""The REST API: one router a resource; handlers parse, call a walk or a query, and shape."""
