"""Common Event Format (CEF), alone or within syslog.

The header stands as deviceVendor, deviceProduct, deviceVersion, deviceEventClassId, name and severity; each
extension by its key, and by its label too where a label is given (cs1Label=Policy cs1=Block gives Policy). The log
source is the product, in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from accord.intake.events.base import Assumed, Data, LogSource, Read, Refused
from accord.intake.events.times import MONTHS, epoch, iso, offset, parts

_PIPE = re.compile(r"(?<!\\)((?:\\\\)*)\|")
_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z0-9_.\-\[\]]{1,100})=")
_CLOCK = re.compile(
    r"([A-Z][a-z]{2}) {1,2}(\d{1,2})(?: (\d{4}))? (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?"
    r"(?: (?:(UTC|GMT|Z)|(?:UTC|GMT)?([+-]\d\d:?\d\d)|[A-Z]{3,5}))?"
)
PRODUCTS = {("fortinet", "fortigate"): LogSource("fortigate", None, "event")}
MOST_KEYS = 1000


class Cef:
    """One line of CEF."""

    @staticmethod
    def recognizes(line: str) -> bool:
        return line.startswith(("CEF:0|", "CEF:1|", "CEF: 0|", "CEF: 1|"))

    @staticmethod
    def read(line: str, assumed: Assumed, note: Callable[[str], None]) -> Read:
        header: list[str] = []
        place = 4
        while len(header) < 7:
            found = _PIPE.search(line, place)
            if found is None and len(header) == 6:  # without extensions some leave the last bar away
                header.append(line[place:].strip())
                place = len(line)
                break
            if found is None:
                raise Refused("Its CEF header has fewer than seven parts.")
            header.append(line[place : found.end() - 1].strip().replace("\\|", "|").replace("\\\\", "\\"))
            place = found.end()
        names = (
            "cefVersion",
            "deviceVendor",
            "deviceProduct",
            "deviceVersion",
            "deviceEventClassId",
            "name",
            "severity",
        )
        data: Data = dict(zip(names, header, strict=True))
        _extension(data, line[place:])
        for key in [key for key in data if key.endswith("Label")]:
            value = data.get(key[:-5])
            if value is not None and type(data[key]) is str and data[key]:
                data.setdefault(data[key][:100], value)
        vendor, product = header[1].lower(), header[2].lower()
        source = next((one for (maker, name), one in PRODUCTS.items() if maker == vendor and name in product), None)
        host = data.get("dvchost") or data.get("dvc")
        return Read(data, source or LogSource(product[:100] or None), _moment(data, assumed, note), host)


def _extension(data: Data, text: str) -> None:
    keys = list(_KEY.finditer(text))
    if len(keys) > MOST_KEYS:
        raise Refused(f"It has more than {MOST_KEYS:,} extensions.")
    ends = [*(one.start() for one in keys[1:]), len(text)]
    for found, end in zip(keys, ends, strict=False):  # without a key there is one end too many
        value = text[found.end() : end].strip()
        if "\\" in value:
            value = re.sub(r"\\(.)", lambda one: {"n": "\n", "r": "\r"}.get(one[1], one[1]), value)
        data.setdefault(found[1], value)


def _moment(data: Data, assumed: Assumed, note: Callable[[str], None]) -> datetime | None:
    told = next((data[name] for name in ("rt", "end", "start", "deviceReceiptTime") if name in data), None)
    if told is None:
        return None
    if (found := epoch(told) or iso(told)) is not None:
        return found
    clock = _CLOCK.fullmatch(told)
    if clock is None or clock[1].lower() not in MONTHS:
        return None
    zone = UTC if clock[8] else offset(clock[9]) if clock[9] else assumed.zone
    if zone is None:
        note("CEF: a time without a zone is open (--zone sets one).")
    month = MONTHS[clock[1].lower()]
    year = int(clock[3]) if clock[3] else assumed.year
    if year is None:
        note("CEF: a time without a year is open (--year sets one).")
        return None
    return parts((year, month, *map(int, clock.group(2, 4, 5, 6))), clock[7] or "", zone)
