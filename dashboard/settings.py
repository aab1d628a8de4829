"""The environment, read once at start. Every variable begins with INTEGRATIONS_."""

from functools import cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Operator's choices.

    Raises:
        pydantic.ValidationError: A variable has a wrong value; the message names it.
    """

    model_config = SettingsConfigDict(env_prefix="INTEGRATIONS_", frozen=True)

    data_dir: Path = Field(Path("data"), description="Database, key file and logs live here.")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite in data_dir.")
    public_url: str = Field(
        "http://localhost:8501",
        description="How browsers and vendors reach this desk; no trailing slash.",
    )
    role: Literal["all", "web", "worker"] = Field(
        "all",
        description="all: serve and work; web: serve and enqueue; worker: only work.",
    )
    key: SecretStr = Field(
        SecretStr(""),
        description="Vault key, 32 bytes in base64; empty means the key file.",
    )
    previous_keys: SecretStr = Field(
        SecretStr(""),
        description="Older vault keys that still open what they sealed, divided by commas.",
    )
    provider_hosts: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description='Overrides of vendor hosts, JSON: {"stripe": {"api": "http://127.0.0.1:1/x"}}.',
    )
    egress_allow: tuple[IPv4Network | IPv6Network, ...] = Field(
        (),
        description="JSON list of private networks that webhook addresses may point to.",
    )
    max_body_bytes: int = Field(
        1_048_576,
        ge=1024,
        description="Largest accepted request body; larger ones get 413.",
    )
    session_days: int = Field(14, ge=1, le=90, description="Life of a staff session.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = Field(
        "json", description="json: an object a line; text: for people."
    )
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Where a worker shows its own numbers, without a token; 0: nowhere.",
    )
    metrics_host: str = Field("127.0.0.1", description="Address that metrics_port is opened on.")

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'integrations.db').absolute()}"


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
