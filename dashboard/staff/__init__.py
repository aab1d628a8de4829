"""Staff: who may sign in, their browsers, one-time links and API tokens."""
