"""Values of NQL for which Python has no type: durations, points, and instants beyond `datetime`.

Dates and times come as `datetime.date`, `datetime.time` and `datetime.datetime` where these hold
them exactly. What has nanoseconds below the microsecond, or a year outside of 1 to 9999, comes as
`Temporal`: nothing is rounded unless you ask for it.
"""

from __future__ import annotations

import datetime
import zoneinfo
from dataclasses import dataclass

from nendb.errors import InterfaceError

__all__ = ["Duration", "Point", "Temporal"]

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Duration:
    """Months, days, seconds and nanoseconds, which do not convert into each other.

    >>> Duration.of(years=1, days=3, hours=5).iso_format()
    'P1Y3DT5H'
    """

    months: int = 0
    days: int = 0
    seconds: int = 0
    nanoseconds: int = 0
    """From 0 to 999,999,999; the seconds carry the sign."""

    def __post_init__(self) -> None:
        if not 0 <= self.nanoseconds < _NANOSECONDS:
            carry, rest = divmod(self.nanoseconds, _NANOSECONDS)
            object.__setattr__(self, "seconds", self.seconds + carry)
            object.__setattr__(self, "nanoseconds", rest)

    @classmethod
    def of(
        cls,
        *,
        years: int = 0,
        months: int = 0,
        weeks: int = 0,
        days: int = 0,
        hours: int = 0,
        minutes: int = 0,
        seconds: int = 0,
        milliseconds: int = 0,
        microseconds: int = 0,
        nanoseconds: int = 0,
    ) -> Duration:
        """A duration of calendar units."""
        return cls(
            years * 12 + months,
            weeks * 7 + days,
            hours * 3_600 + minutes * 60 + seconds,
            milliseconds * 1_000_000 + microseconds * 1_000 + nanoseconds,
        )

    @classmethod
    def from_timedelta(cls, delta: datetime.timedelta) -> Duration:
        """The same span as days, seconds and nanoseconds."""
        return cls(0, delta.days, delta.seconds, delta.microseconds * 1_000)

    def to_timedelta(self) -> datetime.timedelta:
        """The same span; what is below the microsecond is cut off.

        Raises:
            InterfaceError: it has months, which are no number of days.
        """
        if self.months:
            raise InterfaceError(
                f"{self.iso_format()} has months, which timedelta does not know.",
                hint="Add it to a date in NQL, or use `.months` and the other fields.",
            )
        return datetime.timedelta(
            days=self.days, seconds=self.seconds, microseconds=self.nanoseconds // 1_000
        )

    def iso_format(self) -> str:
        """As ISO 8601 writes it, such as `P1Y2M3DT4H5M6.7S`."""
        sign = -1 if self.months < 0 else 1
        years, months = divmod(abs(self.months), 12)
        date = _unit(sign * years, "Y") + _unit(sign * months, "M") + _unit(self.days, "D")
        total = self.seconds * _NANOSECONDS + self.nanoseconds
        sign = -1 if total < 0 else 1
        minutes, rest = divmod(abs(total), 60 * _NANOSECONDS)
        hours, minutes = divmod(minutes, 60)
        time = _unit(sign * hours, "H") + _unit(sign * minutes, "M")
        if rest:
            whole, fraction = divmod(rest, _NANOSECONDS)
            digits = f".{fraction:09d}".rstrip("0") if fraction else ""
            time += f"{'-' if sign < 0 else ''}{whole}{digits}S"
        return "P" + date + ("T" + time if time else "") if date or time else "PT0S"

    def __str__(self) -> str:
        return self.iso_format()


def _unit(number: int, letter: str) -> str:
    return f"{number}{letter}" if number else ""


@dataclass(frozen=True, slots=True)
class Point:
    """A point: x, y and z where there is one, in the coordinate system of `srid`.

    7203 is cartesian, 9157 cartesian in three dimensions, 4326 WGS-84 (x is the longitude, y the
    latitude), 4979 WGS-84 with a height. Without `srid` the point is cartesian.
    """

    x: float
    y: float
    z: float | None = None
    srid: int = 0

    def __post_init__(self) -> None:
        if self.srid == 0:
            object.__setattr__(self, "srid", 7203 if self.z is None else 9157)
        dimensions = {7203: 2, 4326: 2, 9157: 3, 4979: 3}.get(self.srid)
        if dimensions is None:
            raise InterfaceError(
                f"There is no coordinate system {self.srid}.",
                hint="The systems are 7203 and 9157 (cartesian), 4326 and 4979 (WGS-84).",
            )
        if dimensions != (2 if self.z is None else 3):
            raise InterfaceError(f"A point of srid {self.srid} has {dimensions} coordinates.")

    @property
    def longitude(self) -> float:
        """X under its name on Earth."""
        return self.x

    @property
    def latitude(self) -> float:
        """Y under its name on Earth."""
        return self.y

    @property
    def height(self) -> float | None:
        """Z under its name on Earth."""
        return self.z


@dataclass(frozen=True, slots=True)
class Temporal:
    """A date or time that `datetime` cannot hold exactly.

    `kind` is `date`, `local_time`, `time`, `local_datetime` or `datetime`. `days` counts from
    1970-01-01 (dates), `seconds` is of the day (times), or since 1970-01-01T00:00 on the local
    clock (local_datetime) or in UTC (datetime).
    """

    kind: str
    days: int = 0
    seconds: int = 0
    nanosecond: int = 0
    offset: int = 0
    """Seconds east of UTC."""
    zone: str | None = None
    """The IANA name of the time zone."""

    def native(self) -> datetime.date | datetime.time | datetime.datetime:
        """The nearest `date`, `time` or `datetime` before it.

        Raises:
            InterfaceError: its year is not within 1 to 9999.
        """
        micro = self.nanosecond // 1_000
        try:
            if self.kind == "date":
                return datetime.date(1970, 1, 1) + datetime.timedelta(days=self.days)
            if self.kind in ("local_datetime", "datetime"):
                span = datetime.timedelta(seconds=self.seconds, microseconds=micro)
                if self.kind == "local_datetime":
                    return datetime.datetime(1970, 1, 1) + span
                start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
                return (start + span).astimezone(self._tzinfo())
        except OverflowError:
            raise InterfaceError(
                f"{self.iso_format()} is outside of the years 1 to 9999 of Python's datetime.",
                hint="Use its fields, or `.iso_format()`.",
            ) from None
        hour, rest = divmod(self.seconds, 3_600)
        zone = self._tzinfo() if self.kind == "time" else None
        return datetime.time(hour, rest // 60, rest % 60, micro, tzinfo=zone)

    def _tzinfo(self) -> datetime.tzinfo:
        if self.zone is not None:
            try:
                return zoneinfo.ZoneInfo(self.zone)
            except (zoneinfo.ZoneInfoNotFoundError, ValueError):
                pass
        return datetime.timezone(datetime.timedelta(seconds=self.offset))

    def iso_format(self) -> str:
        """As ISO 8601 writes it, with all its digits."""
        if self.kind == "date":
            return _date_text(self.days)
        local = self.seconds + (self.offset if self.kind == "datetime" else 0)
        days, second = divmod(local, 86_400)
        text = f"{second // 3_600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        if self.nanosecond:
            text += f".{self.nanosecond:09d}".rstrip("0")
        if self.kind in ("local_datetime", "datetime"):
            text = f"{_date_text(days)}T{text}"
        if self.kind in ("time", "datetime"):
            text += _offset_text(self.offset)
        return f"{text}[{self.zone}]" if self.zone else text

    def __str__(self) -> str:
        return self.iso_format()


def _offset_text(offset: int) -> str:
    if offset == 0:
        return "Z"
    minutes, seconds = divmod(abs(offset), 60)
    text = f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def _date_text(days: int) -> str:
    """The date so many days behind 1970-01-01 (Howard Hinnant's civil_from_days)."""
    shifted = days + 719_468
    era, day_of_era = divmod(shifted, 146_097)
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_index + 2) // 5 + 1
    month = month_index + 3 if month_index < 10 else month_index - 9
    year = year_of_era + era * 400 + (month <= 2)
    if 0 <= year <= 9_999:
        return f"{year:04d}-{month:02d}-{day:02d}"
    return f"{'-' if year < 0 else '+'}{abs(year):09d}-{month:02d}-{day:02d}"
