"""Time zones of results: by name where this system knows the name, else by offset."""

from __future__ import annotations

import datetime
import zoneinfo
from functools import lru_cache


@lru_cache(maxsize=1024)
def named(name: str) -> datetime.tzinfo | None:
    """The zone of an IANA name; None where this system has no rules for it."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=4096)
def fixed(offset: int) -> datetime.tzinfo:
    """The zone that is so many seconds east of UTC."""
    if offset == 0:
        return datetime.timezone.utc
    return datetime.timezone(datetime.timedelta(seconds=offset))
