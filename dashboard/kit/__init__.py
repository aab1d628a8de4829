"""Tools handed to providers: HTTP, reading, signatures, the sandbox. Nothing here retries."""
