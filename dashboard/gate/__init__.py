"""What every request passes first: an id, headers, a size limit and the staff gate.

All of it is plain ASGI: Starlette's BaseHTTPMiddleware would let websockets through unseen.
"""
