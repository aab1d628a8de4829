"""The file: a zip of one JSON-lines member per table and a manifest with checksums."""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dashboard.contracts.errors import Refusal

FORMAT = 1
MANIFEST, SEAL = "manifest.json", "manifest.sha256"


@dataclass(frozen=True, kw_only=True)
class Held:
    """One table in the file."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What is in a backup.

    Args:
        revision: Of the tables, as the migrations count.
        keys: Fingerprint of each vault key that is needed -> how many values it sealed.
    """

    format: int = FORMAT
    made_at: str
    database: str
    revision: str
    keys: dict[str, int]
    tables: list[Held] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Of all tables together."""
        return sum(table.rows for table in self.tables)


class Writer:
    """Adds members to a file that is not there yet."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file

    def table(self, name: str, columns: tuple[str, ...], lines: Iterable[str]) -> Held:
        """Write a table; what the manifest says of it."""
        digest, count = hashlib.sha256(), 0
        with self._file.open(f"{name}.jsonl", "w", force_zip64=True) as out:
            for line in lines:
                told = f"{line}\n".encode()
                out.write(told)
                digest.update(told)
                count += 1
        return Held(name=name, columns=columns, rows=count, sha256=digest.hexdigest())

    def manifest(self, manifest: Manifest) -> None:
        """Write the manifest and its checksum, as the last."""
        text = json.dumps(asdict(manifest), indent=1).encode()
        self._file.writestr(MANIFEST, text)
        self._file.writestr(SEAL, hashlib.sha256(text).hexdigest())


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A file that appears whole at the end or not at all; readable by its owner only."""
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
                yield Writer(file)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


class Reader:
    """A backup that was found whole.

    Raises:
        Refusal: `backup.no_file`, `backup.damaged`, `backup.newer_format`.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise Refusal("backup.no_file", 404, values={"path": str(path)})
        self._path = path
        try:
            with zipfile.ZipFile(path) as file:
                self.manifest = _manifest(file)
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as odd:
            raise _damaged(MANIFEST) from odd
        if self.manifest.format != FORMAT:
            raise Refusal("backup.newer_format", 409)
        self._verify()

    def lines(self, name: str) -> Iterator[str]:
        """The rows of a table."""
        with zipfile.ZipFile(self._path) as file, file.open(f"{name}.jsonl") as rows:
            for line in rows:
                yield line.decode()

    def _verify(self) -> None:
        """Before anything is done with it: each table is there, whole, with all its rows."""
        with zipfile.ZipFile(self._path) as file:
            for table in self.manifest.tables:
                try:
                    found = _weighed(file, table.name)
                except (KeyError, zipfile.BadZipFile, OSError, EOFError) as odd:
                    raise _damaged(table.name) from odd
                if found != (table.rows, table.sha256):
                    raise _damaged(table.name)


def _manifest(file: zipfile.ZipFile) -> Manifest:
    text = file.read(MANIFEST)
    if hashlib.sha256(text).hexdigest() != file.read(SEAL).decode():
        raise ValueError("the manifest was changed")
    told = json.loads(text)
    tables = [Held(**{**one, "columns": tuple(one["columns"])}) for one in told.pop("tables")]
    return Manifest(**told, tables=tables)


def _weighed(file: zipfile.ZipFile, name: str) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    with file.open(f"{name}.jsonl") as rows:
        for line in rows:
            digest.update(line)
            count += 1
    return count, digest.hexdigest()


def _damaged(where: str) -> Refusal:
    return Refusal("backup.damaged", 422, values={"where": where})
