"""The vendors in a box, as this installation runs them: kept, served, played with."""
