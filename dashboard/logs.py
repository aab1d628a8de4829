"""Structured logs: one JSON object a line, with the request's id, without secrets."""

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType

request_id: ContextVar[str] = ContextVar("request_id", default="")
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))

# Libraries that write whole URLs or chatter at INFO; gate/request_ids.py writes what uvicorn would.
_QUIET = ("httpx", "httpcore", "uvicorn.access", "dbos", "alembic", "watchdog", "asyncio")
_HIDDEN = "•••"
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {_HIDDEN}"),
    (re.compile(r"(?i)\b((?:set-)?cookie[\"']?\s*[:=]\s*)[^\n]+"), rf"\1{_HIDDEN}"),
    (re.compile(r"\bidk_[\w-]{8,}"), f"idk_{_HIDDEN}"),
    (re.compile(r"\bwhsec_[\w+/=-]{8,}"), f"whsec_{_HIDDEN}"),
    (re.compile(r"(/oauth/callback[\w/]*)\?[^\s\"']+"), rf"\1?{_HIDDEN}"),
    (re.compile(r"(/(?:join|hooks)/)[\w.~-]{6,}"), rf"\1{_HIDDEN}"),
    (re.compile(r"(/sandbox/[\w-]+/)[\w.~-]{6,}"), rf"\1{_HIDDEN}"),
    (
        re.compile(
            r"(?i)([\"']?[\w-]*(?:token|secret|password|api_?key|authorization|verifier|\bcode"
            r"|\bstate)[\"']?\s*[=:]\s*)[\"']?[^\s\"'&,}]{4,}[\"']?"
        ),
        rf"\1{_HIDDEN}",
    ),
)


def redacted(text: str) -> str:
    """The text with everything that looks like a secret hidden."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


@contextmanager
def about(**facts: str) -> Iterator[None]:
    """Say with every line of this block what it is about: a job, a run."""
    mark = _about.set({**_about.get(), **facts})
    try:
        yield
    finally:
        _about.reset(mark)


class JsonLines(logging.Formatter):
    """A record as one line of JSON; `extra={"facts": {...}}` adds members."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, logger, message, request id and, where there is one, the traceback."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = redacted(self.formatException(record.exc_info))
        line |= _facts(record)
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    """The same for people: time, level, message and name=value pairs."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Write the line and, where there is one, the traceback."""
        text = redacted(super().format(record))
        told = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        return f"{text}  [{told}]" if told else text


def _facts(record: logging.LogRecord) -> dict[str, str]:
    named = {"request_id": request_id.get()} if request_id.get() else {}
    facts = {**named, **_about.get(), **getattr(record, "facts", {})}
    return {name: redacted(str(value)) for name, value in facts.items()}


def configure(level: str, form: str = "json") -> None:
    """Send all logs of this process to standard error.

    Args:
        form: json (an object a line) or text.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextLines() if form == "text" else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Streamlit gives these handlers of its own.
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.startswith(("uvicorn", "streamlit")) and isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
