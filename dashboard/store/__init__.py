"""Tables, transactions and migrations. The only room that knows SQL."""
