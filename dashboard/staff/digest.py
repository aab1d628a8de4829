"""What is kept of a random secret that only its holder knows."""

import hashlib


def digest(secret: str) -> str:
    """SHA-256 in hexadecimal: enough for values of 32 random bytes."""
    return hashlib.sha256(secret.encode()).hexdigest()
