"""Texts short enough for a report that one can mail; what goes beyond is counted."""

import json
from typing import Any

MAX_TEXT = 6000
MAX_VALUE = 300


def clip(text: str, limit: int = MAX_TEXT) -> str:
    """Return the text, cut where it is longer than ``limit`` characters."""
    more = len(text) - limit
    return text if more <= 0 else f"{text[:limit]}\n[… {more} characters more]"


def value_text(value: Any) -> str:
    """Return a test's value as JSON, cut."""
    return clip(json.dumps(value, ensure_ascii=False), MAX_VALUE)
