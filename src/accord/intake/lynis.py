"""Lynis report data (`lynis-report.dat`), read from Lynis's documentation of it: lines of name=value.

Warnings and suggestions are misconfigurations; a vulnerable package is a vulnerability. The report lists the tests that
it ran and those that it skipped: it covers the former and says that nothing else ran.
"""

from __future__ import annotations

from collections.abc import Iterator

from accord.intake.places import host
from accord.intake.records import Coverage, Observation, Record, ScanHeader, Severity, Target
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import lines_of
from accord.intake.safe.source import Source
from accord.intake.tally import Tally

REMEDY = "Copy the report of Lynis again."
_ROWS: dict[str, Severity] = {"warning": "medium", "suggestion": "low"}
_ONE = frozenset({
    "hostname", "hostid", "hostid2", "lynis_version", "report_datetime_start", "report_datetime_end", "os_fullname",
    "os_name", "os_version", "finish", "domainname", "hostname_fqdn", "tests_executed", "tests_skipped",
})  # fmt: skip
_MANY = frozenset({
    "network_ipv4_address", "network_ipv6_address", "network_mac_address", "warning", "suggestion",
    "vulnerable_package",
})  # fmt: skip


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    one, many = _told(source)
    tally = Tally(source)
    started, ended = clean.when(one.get("report_datetime_start")), clean.when(one.get("report_datetime_end"))
    yield ScanHeader("lynis", "Lynis", clean.line(one.get("lynis_version"), 50), started)
    system = one.get("os_fullname") or " ".join(one[name] for name in ("os_name", "os_version") if name in one)
    names = (one.get("hostname_fqdn"), _full(one), one.get("hostname"))
    addresses = [*many.get("network_ipv4_address", ()), *many.get("network_ipv6_address", ())]
    target = host(
        *names,
        *(address for address in addresses[:50] if address not in ("127.0.0.1", "::1")),
        macs=many.get("network_mac_address", ()),
        identifiers=(("lynis-host", one.get("hostid2") or one.get("hostid")),),
        system=system,
    ) or Target("host", source.stem)
    yield tally.target(target)
    seen: set[tuple[str, str]] = set()
    for kind, severity in _ROWS.items():
        for number, row in enumerate(many.get(kind, ()), start=1):
            test, title, details, solution = (*(part.strip() for part in row.split("|")), "", "", "", "")[:4]
            check = clean.line(test, 100)
            if not check or not clean.line(title, 500):
                yield tally.refusal(
                    f"{kind} {number}", kind, "A test or its message is missing.", REMEDY, target.identity
                )
                continue
            anchor = _blank(details) or clean.line(title, 300)
            if (check, anchor or "") in seen:
                continue
            seen.add((check, anchor or ""))
            yield tally.observation(
                Observation(
                    target=target.identity,
                    definition_id=f"lynis:{check}",
                    title=clean.line(title, 500) or check,
                    kind="misconfiguration",
                    check=f"lynis:{check}",
                    solution=_blank(solution.removeprefix("text:")),
                    severity=severity,
                    anchor=anchor,
                    evidence=_blank(details),
                    references=(f"https://cisofy.com/lynis/controls/{check}/",) if check.isascii() else (),
                    seen_at=ended or started,
                )
            )
    yield from _packages(many.get("vulnerable_package", ()), target, tally)
    yield _coverage(one, target, tally)
    finished = one.get("finish", "").lower() == "true"
    yield from tally.end(ended, True if finished else None)


def _packages(rows: list[str] | tuple[str, ...], target: Target, tally: Tally) -> Iterator[Record]:
    for name in dict.fromkeys(clean.line(row.split("|")[0], 300) for row in rows):
        if name:
            yield tally.observation(
                Observation(
                    target=target.identity,
                    definition_id="lynis:vulnerable-package",
                    title=f"Vulnerable package {name}",
                    kind="vulnerability",
                    check="lynis:vulnerable-package",
                    component=name,
                )
            )


def _coverage(one: dict[str, str], target: Target, tally: Tally) -> Coverage:
    ran = [part for part in one.get("tests_executed", "").split("|") if part.strip()]
    checks = frozenset(f"lynis:{check}" for part in ran if (check := clean.line(part, 100)))
    complete = tally.complete(target.identity, True if one.get("finish", "").lower() == "true" else None)
    return Coverage(target.identity, checks, exhaustive=bool(checks), complete=complete)


def _told(source: Source) -> tuple[dict[str, str], dict[str, list[str]]]:
    one: dict[str, str] = {}
    many: dict[str, list[str]] = {}
    with source.open() as reader:
        for line in lines_of(source, reader):
            name, equals, value = line.partition("=")
            name, bracket, _ = name.strip().partition("[]")
            value = value.strip()
            if not equals or not value:
                continue
            if bracket and name in _MANY:
                source.hold(100 + len(value))
                many.setdefault(name, []).append(value)
            elif name in _ONE:
                source.hold(len(value))
                one[name] = value
    if not one and not many:
        raise source.error("The file holds no report of Lynis.", REMEDY)
    return one, many


def _full(one: dict[str, str]) -> str | None:
    name, domain = one.get("hostname"), one.get("domainname")
    return f"{name}.{domain}" if name and domain and "." not in name else None


def _blank(told: str) -> str | None:
    """Lynis writes "-" for nothing."""
    found = clean.line(told, 500)
    return None if found == "-" else found
