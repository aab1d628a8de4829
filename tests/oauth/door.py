"""One web process of a desk, without pages: API, sandboxes and the way back from consent.

Arguments: port. The rest comes from the environment, as always.
"""

import sys

import uvicorn
from starlette.applications import Starlette

from dashboard import app
from dashboard.assembly import build
from dashboard.settings import Settings

desk = build(Settings())
doors = Starlette(routes=app.routes(desk), middleware=app.middleware(desk))
uvicorn.run(doors, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
