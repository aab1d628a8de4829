"""The OpenAPI document says what is sent: failures come as problem documents."""

from typing import Any

from fastapi import FastAPI

from dashboard.api.problems import MEDIA_TYPE

PLAIN = "application/json"
PROBLEM = "#/components/schemas/Problem"


def install(api: FastAPI) -> None:
    """Name the media type of failures, which FastAPI takes for that of all other answers."""
    written = api.openapi

    def openapi() -> dict[str, Any]:
        document = written()
        for operations in document["paths"].values():
            for operation in operations.values():
                for answer in operation["responses"].values():
                    _renamed(answer.get("content", {}))
        return document

    api.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's own guide extends it


def _renamed(content: dict[str, Any]) -> None:
    if content.get(PLAIN, {}).get("schema", {}).get("$ref") == PROBLEM:
        content[MEDIA_TYPE] = content.pop(PLAIN)
