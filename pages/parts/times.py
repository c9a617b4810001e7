"""Times as the visitor's clock has them, or named UTC where the browser does not say its zone."""

import zoneinfo
from datetime import datetime

import streamlit as st

UTC = "UTC"


def visitor_zone() -> str:
    """The visitor's time zone, such as "Europe/Berlin", or "UTC"."""
    return known_zone(st.context.timezone)


def known_zone(name: str | None) -> str:
    """The zone of this name, or "UTC" for none and for what a browser may make up."""
    try:
        return zoneinfo.ZoneInfo(name or UTC).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def say_time(seconds: float, zone: str) -> str:
    """A time in seconds since 1970 as this zone has it, like `when_column`: "3 May 2026, 14:05"."""
    when = datetime.fromtimestamp(seconds, zoneinfo.ZoneInfo(zone))
    named = f" {UTC}" if zone == UTC else ""
    return f"{when.day} {when:%b %Y, %H:%M}{named}"


def say_day(day: str) -> str:
    """A day like "2026-05-03" as `say_time` has it: "3 May 2026"; any other text as it is."""
    try:
        when = datetime.fromisoformat(day)
    except ValueError:
        return day
    return f"{when.day} {when:%b %Y}"


def name_of_run(seconds: float, zone: str, what: str = "Run of") -> str:
    """What a run is called that nobody has named, begun at this time: "Run of 3 May, 14:05:10".

    `what` stands before the time.
    """
    when = datetime.fromtimestamp(seconds, zoneinfo.ZoneInfo(zone))
    named = f" {UTC}" if zone == UTC else ""
    return f"{what} {when.day} {when:%b, %H:%M:%S}{named}"


def when_column(zone: str, **options):
    """How a column of times in this zone is drawn."""
    named = " [UTC]" if zone == UTC else ""  # in brackets: not letters of the pattern
    return st.column_config.DatetimeColumn(
        format=f"D MMM YYYY, HH:mm{named}", help=f"Time zone: {zone}.", **options
    )
