"""Structured logs: one JSON object a line, with the request's id, without secrets."""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")

# Libraries that write whole URLs or chatter at INFO.
_QUIET = ("httpx", "httpcore", "uvicorn.access", "dbos", "alembic", "watchdog", "asyncio")
_HIDDEN = "•••"
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {_HIDDEN}"),
    (re.compile(r"\bidk_[\w-]{8,}"), f"idk_{_HIDDEN}"),
    (re.compile(r"\bwhsec_[\w+/=-]{8,}"), f"whsec_{_HIDDEN}"),
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
        if request_id.get():
            line["request_id"] = request_id.get()
        if record.exc_info:
            line["error"] = redacted(self.formatException(record.exc_info))
        facts = getattr(record, "facts", {})
        line |= {name: redacted(str(value)) for name, value in facts.items()}
        return json.dumps(line, ensure_ascii=False)


def configure(level: str) -> None:
    """Send all logs of this process to standard error in this form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
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
