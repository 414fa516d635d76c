"""Writes down every v1 request with its answer, so that both can be checked against Stripe's spec.

A line of `requests.jsonl`: {"method", "path", "form", "headers": {"Idempotency-Key"}, "at",
"response": {"status", "body"}}.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGEST = 20 * 1024 * 1024
"""Bytes after which the file becomes `requests.1.jsonl` and a new one begins."""


@dataclass(frozen=True)
class Recorder:
    """Appends to one file."""

    file: Path

    def append(self, record: dict[str, Any]) -> None:
        """Write one line."""
        if self.file.exists() and self.file.stat().st_size > LARGEST:
            self.file.replace(self.file.with_name("requests.1.jsonl"))
        descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(json.dumps(record) + "\n")
