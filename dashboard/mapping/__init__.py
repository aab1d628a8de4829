"""Field mapping: the agent's words for a customer, and the vendor's."""
