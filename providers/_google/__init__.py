"""What every Google provider shares: sign-in, whose account it is, and how errors are read."""
