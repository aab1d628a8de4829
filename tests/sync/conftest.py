"""A desk with Pulse connected, and time that moves only when told."""

from tests.pulse import fixtures

server, database, time = fixtures.server, fixtures.database, fixtures.time
desk = fixtures.desk
