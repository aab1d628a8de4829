"""What pages and API lists ask of a small and of a large desk; ratios of the same run.

Small: 10 agents; 1,000 records, journal entries and events, 200 deliveries. Large: 10,000 agents,
1,000,000 records, entries and events, 200,000 deliveries. On SQLite, or on the server of
INTEGRATIONS_BENCH_DATABASES: two URLs of empty databases with a blank between them.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from dashboard import assembly, clock
from dashboard.assembly import Dashboard
from dashboard.queries.for_api import ForApi
from dashboard.queries.journal import Wanted
from dashboard.settings import Settings
from dashboard.store import migrate
from dashboard.store.packing import Row
from dashboard.store.records import Place, save_records
from dashboard.store.sync import lock_connection
from tests.benchmarks import filling
from tests.benchmarks.filling import AGENT, LINK, STREAM
from tests.benchmarks.table import Line
from tests.doubles import HandJobs

TRIES, WARM, AIM = 9, 2, "≤ 3"
CALLS, PAGE = 300, 100
PLACE = (LINK, STREAM)


@dataclass(frozen=True)
class Size:
    """How much a desk holds; agents with a connection each, all else of one of them."""

    agents: int
    records: int


SMALL, LARGE = Size(10, 1_000), Size(10_000, 1_000_000)


def questions() -> dict[str, Callable[[Dashboard], object]]:
    """What pages and the API ask, by the name in the table."""
    return {
        "Integrations: chooser of agents": lambda desk: desk.queries.overview.offer(asked=[AGENT]),
        "Integrations: cards of one agent": lambda desk: desk.queries.overview.cards(AGENT),
        "Agents: a page": lambda desk: desk.queries.people.agents_page(page=1),
        "records: first page": lambda desk: desk.queries.records.page(*PLACE),
        "records: tenth page": lambda desk: desk.queries.records.page(*PLACE, page=10),
        "records: search, many fit": lambda desk: desk.queries.records.page(*PLACE, search="name"),
        "records: search, none fits": lambda desk: desk.queries.records.page(*PLACE, search="zzz"),
        "Sync: one agent": lambda desk: desk.queries.syncing.standings(AGENT),
        "Journal: newest": lambda desk: desk.queries.journal.entries(Wanted()),
        "Journal: how many": lambda desk: desk.queries.journal.count(Wanted()),
        "Journal: what there is to filter by": lambda desk: desk.queries.journal.actions(),
        "Webhooks: how many": lambda desk: desk.queries.traffic.counts([LINK]),
        "Webhooks: newest events": lambda desk: desk.queries.traffic.events([LINK]),
        "Webhooks: hundredth page": lambda desk: desk.queries.traffic.events([LINK], page=100),
        "Webhooks: dead events": lambda desk: desk.queries.traffic.events([LINK], state="dead"),
        "Webhooks: held events": lambda desk: desk.queries.traffic.events([LINK], state="held"),
        "Webhooks: newest deliveries": lambda desk: desk.queries.traffic.deliveries([LINK]),
        "API: records": _api,
        "API: records, from the middle": lambda desk: _api(desk, middle=True),
    }


def lines() -> list[Line]:
    """A line for each question: milliseconds on the large desk and on the small one."""
    with TemporaryDirectory() as folder:
        urls = os.environ.get("INTEGRATIONS_BENCH_DATABASES", "").split()
        small, large = urls or (f"sqlite:///{folder}/small.db", f"sqlite:///{folder}/large.db")
        with filled(small, SMALL) as little, filled(large, LARGE) as big:
            asked = [_line(name, ask, big, little) for name, ask in questions().items()]
            return [*asked, _under_load(big)]


@contextmanager
def filled(url: str, size: Size) -> Iterator[Dashboard]:
    """A desk of that size, gone when the block ends."""
    with TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=url)
        desk = assembly.build(settings, jobs=HandJobs())
        migrate.upgrade(desk.store)
        with desk.store.engine.begin() as connection:
            on_postgres = desk.store.on_postgres
            for statement in filling.statements(
                on_postgres=on_postgres, agents=size.agents, records=size.records
            ):
                connection.exec_driver_sql(
                    statement.replace("%", "%%") if on_postgres else statement
                )
        with desk.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as one:
            one.exec_driver_sql("ANALYZE")
        yield desk
        desk.inbound.close()
        desk.store.close()


def _line(
    name: str, ask: Callable[[Dashboard], object], large: Dashboard, small: Dashboard
) -> Line:
    pairs = [(_seconds(ask, large), _seconds(ask, small)) for _ in range(WARM + TRIES)][WARM:]
    ours, theirs = (median(side) * 1000 for side in zip(*pairs, strict=True))
    return Line(
        what=f"{name}, {LARGE.records:,} records and {LARGE.agents:,} agents",
        ours=f"{ours:.1f} ms",
        yardstick=f"{theirs:.1f} ms",
        ratio=f"{ours / theirs:.1f}",
        aim=AIM,
    )


def _under_load(desk: Dashboard) -> Line:
    """The slowest of a hundred API lists while pages of records are being saved, and while not."""
    quiet = [_seconds(_api, desk) for _ in range(CALLS)]
    stop = threading.Event()
    syncing = [threading.Thread(target=_sync, args=(desk, stop, number)) for number in range(3)]
    for one in syncing:
        one.start()
    busy = [_seconds(_api, desk) for _ in range(CALLS)]
    stop.set()
    for one in syncing:
        one.join()
    ours, theirs = (quantiles(side, n=100)[-1] * 1000 for side in (busy, quiet))
    return Line(
        what="API: records, p99 while three syncs save pages, and while none does",
        ours=f"{ours:.1f} ms",
        yardstick=f"{theirs:.1f} ms",
        ratio=f"{ours / theirs:.1f}",
        aim=AIM,
    )


def _sync(desk: Dashboard, stop: threading.Event, number: int) -> None:
    """Save page after page of changed records, as syncs do."""
    place = Place(connection_id=f"con_bench_{number + 2:06d}", stream=STREAM, generation=1)
    turn = 0
    while not stop.is_set():
        turn += 1
        with desk.store.transaction() as session:
            lock_connection(session, place.connection_id)
            save_records(session, place, [_row(one, turn) for one in range(PAGE)])


def _row(number: int, turn: int) -> Row:
    return Row(
        external_id=f"s{number}",
        title=f"Name {number}",
        search=f"name {number}",
        digest=f"{number}.{turn}",
        updated_at=clock.now(),
        text='{"name": "Name"}',
    )


def _seconds(ask: Callable[[Dashboard], object], desk: Dashboard) -> float:
    begun = time.perf_counter()
    ask(desk)
    return time.perf_counter() - begun


def _api(desk: Dashboard, *, middle: bool = False) -> object:
    asks = ForApi(desk.store)
    first = asks.records(PLACE, None, 50)
    if not middle:
        return first
    oldest = desk.queries.records.one(*PLACE, "r0000500")
    assert oldest is not None
    return asks.records(PLACE, (oldest.updated_at, oldest.external_id), 50)
