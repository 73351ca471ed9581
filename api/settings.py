"""The limits of the API: one frozen dataclass, each field settable by the environment."""

import os
from dataclasses import dataclass, field, fields
from typing import Any

from core.errors import ConfigError
from core.prediction.predictor import available_cores

MEBIBYTE = 1024 * 1024
FORM_BYTES = 65_536  # around the pictures
PREFIX = "TUSKSCOPE_API_"


@dataclass(frozen=True)
class Settings:
    """What the API allows; `TUSKSCOPE_API_<FIELD IN CAPITALS>` sets a field.

    Attributes:
        key: Needed for changes (`Authorization: Bearer …`); "" allows changes from this machine only.
        hosts: Comma-separated `Host` names that are answered, beside those of this machine.
        max_body: Bytes of a request: one picture of 10 MiB and the form around it.
        max_json: Bytes of a JSON request.
        max_images: Pictures in one request for predictions.
        predict_slots: Forward passes at the same time; one a core, as many networks are in the pool.
        decode_slots: Pictures decoded at the same time, one a core; bounds memory.
        queue: Requests that may wait for a slot; the next one gets 503.
        predict_seconds: Longest wait of a prediction for its slots.
        explain_seconds: Longest wait of an explanation for its slots.
        rate: Requests a second and address, beside predictions, explanations and health; 0 is no limit.
    """

    key: str = ""
    hosts: str = ""
    max_body: int = 10 * MEBIBYTE + FORM_BYTES
    max_json: int = 65_536
    max_images: int = 16
    predict_slots: int = field(default_factory=available_cores)
    decode_slots: int = field(default_factory=available_cores)
    queue: int = 16
    predict_seconds: int = 10
    explain_seconds: int = 15
    rate: int = 100

    @classmethod
    def from_env(cls) -> "Settings":
        """Reads the environment.

        Raises:
            ConfigError: If a number is not a whole number, or a slot count is zero.
        """
        found: dict[str, Any] = {}
        for item in fields(cls):
            text = os.environ.get(PREFIX + item.name.upper())
            if text is not None:
                found[item.name] = text.strip() if item.type is str else _whole_number(item.name, text)
        return cls(**found)

    @property
    def trusted_hosts(self) -> list[str]:
        """Names a browser may use for this server; another one is DNS rebinding."""
        return ["localhost", "127.0.0.1", *filter(None, (host.strip() for host in self.hosts.split(",")))]


def _whole_number(name: str, text: str) -> int:
    lowest = 0 if name in ("queue", "rate") else 1
    if text.isascii() and text.isdecimal() and len(text) < 12 and int(text) >= lowest:
        return int(text)
    raise ConfigError(f"Expected {PREFIX}{name.upper()} to be a whole number of at least {lowest}, but got {text!r}.")
