"""A process whose threads all want a fresh token at the same moment, and tell what they got.

Arguments: database, data folder, vendor, connection, threads. Says `ready`, then waits for a
line.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dashboard.contracts.errors import ProviderError
from tests.fixtures import links

url, folder, vendor, connection_id, threads = sys.argv[1:]


def fresh(desk, row):
    try:
        return desk.tokens.fresh(row)["access_token"]
    except ProviderError as error:
        return str(error)


def tell(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


with links.joining(Path(folder), url, provider_hosts=json.loads(vendor)) as made:
    found = made.row(connection_id)
    tell("ready")
    sys.stdin.readline()
    with ThreadPoolExecutor(int(threads)) as pool:
        got = list(pool.map(lambda _: fresh(made, found), range(int(threads))))
tell(json.dumps(got))
