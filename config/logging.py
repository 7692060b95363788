"""Structured log lines, with personal data masked before they are written."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message",
    "asctime",
    "taskName",
}

# Each row: what must not be written, and what is written instead.
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b([1-9A-Z])[\dA-Z]{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx]\b"), r"\1****"),
    (re.compile(r"\b[A-Z]{3}\d{12}\b"), "***"),
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)\d{4}(\d{4})(?!\d)"), r"\1****\2"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w\-.~+/=]+"), r"\1 [secret]"),
    (
        re.compile(
            r"(?i)\b(password|client_secret|code_verifier|refresh_token|access_token|id_token_hint|"
            r"client_assertion|registration_access_token|code|token)=[^&\s\"']+"
        ),
        r"\1=[secret]",
    ),
)


def mask(text: str) -> str:
    """Return *text* without ID numbers, phone numbers, tokens and passwords."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


class JsonFormatter(logging.Formatter):
    """One line of JSON per record: whatever it holds, it stays one line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        for key, value in record.__dict__.items():
            if key not in _STANDARD:
                line[key] = mask(value) if isinstance(value, str) else value
        if record.exc_info:
            line["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True, default=lambda value: mask(str(value)))


def configure(level: str = "INFO") -> None:
    """Send every record to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("urllib3").setLevel("WARNING")
