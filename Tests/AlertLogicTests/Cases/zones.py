"""Writes zones.json: time zone files of this machine with the offsets that Python's zoneinfo reads from them."""

import base64
import datetime
import json
import pathlib
import zoneinfo

UTC = datetime.timezone.utc
NAMES = [
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
    "Africa/Casablanca", "Europe/Dublin", "America/St_Johns", "Pacific/Apia", "America/Nuuk", "Antarctica/Troll",
    "Pacific/Chatham", "Africa/Monrovia", "Asia/Gaza", "UTC", "Etc/GMT+12",
]
YEARS = [1901, 1940, 1972, 1985, 1999, 2011, 2020, 2024, 2026, 2037, 2038, 2055, 2100, 2399]
EDGE_YEARS = [2026, 2045]


def seconds(year, month):
    return int(datetime.datetime(year, month, 15, 12, tzinfo=UTC).timestamp())


def offset(zone, time):
    return int(datetime.datetime.fromtimestamp(time, UTC).astimezone(zone).utcoffset().total_seconds())


def edges(zone, year):
    """The seconds before and at each change of the offset."""
    start = int(datetime.datetime(year, 1, 1, tzinfo=UTC).timestamp())
    for day in range(366):
        low, high = start + day * 86400, start + (day + 1) * 86400
        if offset(zone, low) == offset(zone, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if offset(zone, middle) == offset(zone, low):
                low = middle
            else:
                high = middle
        yield from (low, high)


def case(name):
    zone = zoneinfo.ZoneInfo(name)
    file = next(path for root in zoneinfo.TZPATH if (path := pathlib.Path(root, name)).exists())
    times = {seconds(year, month) for year in YEARS for month in (1, 7)}
    times.update(time for year in EDGE_YEARS for time in edges(zone, year))
    return {
        "zone": name,
        "file": base64.b64encode(file.read_bytes()).decode(),
        "offsets": [[time, offset(zone, time)] for time in sorted(times)],
    }


target = pathlib.Path(__file__).with_name("zones.json")
target.write_text("[\n" + ",\n".join(json.dumps(case(name)) for name in NAMES) + "\n]\n")
