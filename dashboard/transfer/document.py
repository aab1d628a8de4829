"""The file: its shape, and where in it something stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pydantic
import yaml
from pydantic import BaseModel, ConfigDict, Field

VERSION = 1
LARGEST_BYTES = 10 * 1024 * 1024
Path = tuple[str | int, ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class App(_Part):
    """An installation's app at a vendor; its secret is entered by hand."""

    client_id: str = Field(min_length=1)


class AgentField(_Part):
    """A field that staff added to an agent."""

    name: str
    label: str = ""
    type: str = "text"


class Rule(_Part):
    """What an agent may do with one action."""

    provider: str
    action: str
    decision: str = "allowed"
    daily_limit: int = 0
    amount_limit: str = ""


class Row(_Part):
    """A line of a field mapping."""

    agent_field: str = ""
    vendor_field: str
    direction: str = "to_vendor"
    transform: str = "none"
    argument: Any = ""
    required: bool = False
    vendor_label: str = ""
    vendor_type: str = ""


class Link(_Part):
    """A connection, without what proves whose account it is."""

    provider: str
    environment: Literal["live", "sandbox"] = "live"
    method: str = ""
    open_fields: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    events: list[str] | None = None
    mappings: dict[str, list[Row]] = Field(default_factory=dict)


class Agent(_Part):
    """An agent; known by its name."""

    name: str = Field(min_length=1, max_length=100)
    sample: dict[str, Any] = Field(default_factory=dict)
    fields: list[AgentField] = Field(default_factory=list)
    rules: list[Rule] = Field(default_factory=list)
    connections: list[Link] = Field(default_factory=list)


class Document(_Part):
    """A whole configuration."""

    version: Literal[1] = 1
    oauth_apps: dict[str, App] = Field(default_factory=dict)
    agents: list[Agent] = Field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Something in the file that cannot be taken."""

    line: int
    path: str
    told: str


class Invalid(Exception):
    """The file cannot be taken; every reason found at once."""

    def __init__(self, troubles: list[Trouble]) -> None:
        super().__init__(f"{len(troubles)} troubles")
        self.troubles = troubles


@dataclass(frozen=True)
class Source:
    """A document, and the line of each of its parts."""

    document: Document
    lines: dict[Path, int]

    def trouble(self, path: Path, told: str) -> Trouble:
        """A trouble at that place, or at the nearest part around it that is written down."""
        near = path
        while near and near not in self.lines:
            near = near[:-1]
        return Trouble(line=self.lines.get(near, 1), path=dotted(path), told=told)


def read(text: str) -> Source:
    """The document of a YAML text.

    Raises:
        Invalid: It is no YAML, holds anchors or a name twice, or has another shape.
    """
    if len(text) > LARGEST_BYTES:
        raise Invalid([Trouble(line=1, path="", told="the file is larger than 10 MiB")])
    try:
        # Aliases could make a small file endless; nobody needs them here.
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise _at(event.start_mark, "aliases (*name) are not taken")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = dict(_places(node, ())) if node else {}
        told = yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as odd:
        raise _at(odd.problem_mark, f"no valid YAML: {odd.problem}") from None
    except yaml.YAMLError as odd:
        raise _at(None, f"no valid YAML: {type(odd).__name__}") from None
    source = Source(Document(), lines)
    try:
        return Source(Document.model_validate(told), lines)
    except pydantic.ValidationError as error:
        raise Invalid([_misfit(source, one) for one in error.errors(include_url=False)]) from None


def write(document: Document) -> str:
    """The document as YAML in a stable order, without what is empty."""
    plain = _lean(document.model_dump(mode="json"))
    return yaml.safe_dump(
        {"version": VERSION, **plain}, allow_unicode=True, sort_keys=False, width=100
    )


def dotted(path: Path) -> str:
    """A path as people read it: agents[0].name."""
    told = ""
    for part in path:
        told += f"[{part}]" if isinstance(part, int) else f".{part}"
    return told.lstrip(".")


def _places(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from _places(item, (*path, number))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise _at(key.start_mark, f"“{name}” stands here twice")
            seen.add(name)
            yield from _places(value, (*path, name))
            yield (*path, name), key.start_mark.line + 1


def _misfit(source: Source, error: Any) -> Trouble:
    path: Path = tuple(error["loc"])
    told = "there is no such field" if error["type"] == "extra_forbidden" else error["msg"]
    return source.trouble(path, told)


def _at(mark: Any, told: str) -> Invalid:
    return Invalid([Trouble(line=mark.line + 1 if mark else 1, path="", told=told)])


def _lean(value: Any) -> Any:
    if isinstance(value, dict):
        lean = {name: _lean(one) for name, one in value.items()}
        return {name: one for name, one in lean.items() if one not in (None, "", [], {})}
    return [_lean(one) for one in value] if isinstance(value, list) else value
