"""Ready answers for pages and the API: what is connected, in sync, recorded and done."""
