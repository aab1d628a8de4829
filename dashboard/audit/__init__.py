"""The journal of everything done by staff, agents and the desk; each entry chained to the last."""
