"""One JSON object per event, on standard output: CloudWatch Logs reads lines, and so do people with jq."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

# What an event may carry beside its message, given as `extra=`.
FIELDS = ("method", "path", "status", "duration_ms")


class JsonLines(logging.Formatter):
    """A record as one line, whatever the message or the traceback holds."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self.service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        event.update((name, getattr(record, name)) for name in FIELDS if hasattr(record, name))
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, ensure_ascii=False, default=str)


def configure(service: str) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
