"""Which cycle of a product a piece of software belongs to, and whether its support has ended.

    index = end_of_life.Index(cycles)
    index.of_purl("pkg:pypi/django@3.2.1", today) or index.of_cpe(…) or index.of_system("Debian GNU/Linux 11", today)

A product is told by package URL (ECMA-427), by CPE (NIST IR 7695), or by the name of an operating system; its cycle by
the longest cycle whose parts begin the version ("3.2" of "3.2.1", never of "3.20"). What cannot be told is told as
such. Packages of a distribution are kept up by the distribution, whatever upstream says: they stand for its own cycle.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

MOST = 1000
"""Characters of an identifier that are looked at."""
DISTRIBUTIONS = frozenset({"deb", "rpm", "apk", "alpm"})
PARTS = re.compile(r"\d+|[a-z]+")
EDITIONS = frozenset({
    "standard", "datacenter", "enterprise", "essentials", "foundation", "edition", "web", "evaluation", "core", "the",
    "pro", "professional", "home", "education", "business", "bit", "x", "lts", "ltsc", "gnu", "linux", "server", "n",
    "for", "workstations", "version", "release", "build", "azure", "ultimate", "premium",
})  # fmt: skip
BUILDS = {
    "10240": "1507", "10586": "1511", "14393": "1607", "15063": "1703", "16299": "1709", "17134": "1803",
    "17763": "1809", "18362": "1903", "18363": "1909", "19041": "2004", "19042": "20h2", "19043": "21h1",
    "19044": "21h2", "19045": "22h2", "22000": "21h2", "22621": "22h2", "22631": "23h2", "26100": "24h2",
    "26200": "25h2",
}  # fmt: skip
"""Builds of Windows 10 and 11 and their releases (Microsoft, Windows release information)."""
SYSTEMS = tuple(
    (re.compile(pattern), product)
    for pattern, product in (
        (r"windows server", "windows-server"),
        (r"windows(?= (?:[\d]|xp|vista))", "windows"),
        (r"debian(?: gnu/linux| linux)?", "debian"),
        (r"ubuntu(?: linux)?", "ubuntu"),
        (r"red ?hat(?: enterprise linux)?(?: server| workstation)?(?: release)?|\brhel", "rhel"),
        (r"centos stream", "centos-stream"),
        (r"centos(?: linux)?(?: release)?", "centos"),
        (r"rocky(?: linux)?(?: release)?", "rocky-linux"),
        (r"alma ?linux(?: release)?|^alma(?= )", "almalinux"),
        (r"oracle linux(?: server)?|^oracle(?= )", "oracle-linux"),
        (r"amazon linux(?: ami)?|^amazon(?= )|\bamzn", "amazon-linux"),
        (r"suse linux enterprise server|^suse(?: linux enterprise server)?(?= )|\bsles", "sles"),
        (r"opensuse leap|opensuse", "opensuse"),
        (r"alpine(?: linux)?", "alpine-linux"),
        (r"fedora(?: linux)?", "fedora"),
        (r"freebsd", "freebsd"),
        (r"mac ?os(?: x)?", "macos"),
        (r"(?:vmware )?esxi?(?= |-)", "esxi"),
        (r"ios[ -]xe", "cisco-ios-xe"),
        (r"fortios", "fortios"),
        (r"pan-?os", "panos"),
        (r"photon(?: os)?", "photon"),
    )
)


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle of a product. ends: the last day of support, True = ended on an unknown day, False = not yet, None =
    not known. identifiers: package URLs without version, and CPEs, as the feed gives them."""

    product: str
    cycle: str
    ends: date | bool | None
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """What was found. `cycle` "": the product is known, its cycle is not told. `ended` None: it cannot be told."""

    product: str
    cycle: str
    ends: date | None
    ended: bool | None
    by: str


def parts_of(version: str) -> tuple[str, ...]:
    """The numbers and words of a version: "v1.1.1k" → 1, 1, 1, k. Leading zeros do not count."""
    text = re.sub(r"^v(?=\d)", "", version.strip().lower()[:MOST])
    return tuple(part.lstrip("0") or "0" if part.isdigit() else part for part in PARTS.findall(text))


def _plain(kind: str, path: str) -> str:
    name = unquote(path).strip("/").lower()
    return name.replace("_", "-").replace(".", "-") if kind == "pypi" else name


@dataclass(frozen=True, slots=True)
class Purl:
    """The parts of a package URL that matter here."""

    kind: str
    path: str
    version: str
    distribution: str


def purl_of(text: str) -> Purl | None:
    """A package URL by its parts; None where it is none. The namespace stays part of the path."""
    if not text.startswith("pkg:"):
        return None
    rest, _, _ = text[4:MOST].partition("#")
    rest, _, query = rest.partition("?")
    rest = rest.strip("/")
    at = rest.rfind("@")
    path, version = (rest[:at], rest[at + 1 :]) if at > rest.rfind("/") else (rest, "")
    kind, _, name = path.partition("/")
    if not name:
        return None
    qualifiers = dict(pair.partition("=")[::2] for pair in query.split("&"))
    kind = kind.lower()
    return Purl(kind, _plain(kind, name), unquote(version), unquote(qualifiers.get("distro", "")))


def cpe_of(text: str) -> tuple[str, str, str, str] | None:
    """(part, vendor, product, version) of a CPE 2.3 or 2.2 name; version "" where it is any or none."""
    low = text.lower()[:MOST]
    if low.startswith("cpe:2.3:"):
        fields = re.split(r"(?<!\\):", low[8:])
    elif low.startswith("cpe:/"):
        fields = low[5:].split(":")
    else:
        return None
    if len(fields) < 3:
        return None
    part, vendor, product = (unquote(field.replace("\\", "")) for field in fields[:3])
    version = fields[3].replace("\\", "") if len(fields) > 3 else ""
    return part, vendor, product, "" if version in ("*", "-") else version


class Index:
    """All cycles, found by package URL, CPE or name of an operating system."""

    def __init__(self, cycles: Iterable[Cycle]) -> None:
        self._cycles: dict[str, list[tuple[tuple[str, ...], Cycle]]] = defaultdict(list)
        self._purls: dict[tuple[str, str], str] = {}
        self._cpes: dict[tuple[str, str, str], str] = {}
        for one in cycles:
            self._cycles[one.product].append((parts_of(one.cycle), one))
            for identifier in one.identifiers:
                if (purl := purl_of(identifier)) is not None:
                    self._purls.setdefault((purl.kind, purl.path), one.product)
                elif (cpe := cpe_of(identifier)) is not None:
                    self._cpes.setdefault(cpe[:3], one.product)

    @property
    def products(self) -> frozenset[str]:
        return frozenset(self._cycles)

    def of_purl(self, text: str, today: date) -> Match | None:
        """The match of a package URL; None where no product of the feed answers to it."""
        purl = purl_of(text)
        if purl is None:
            return None
        if purl.kind in DISTRIBUTIONS:
            name, _, version = purl.distribution.rpartition("-")
            return self.of_system(f"{name} {version}", today, f"distribution of {purl.path}") if name else None
        product = self._purls.get((purl.kind, purl.path))
        return None if product is None else self._match(product, parts_of(purl.version), today, f"{purl.kind} package")

    def of_cpe(self, text: str, today: date) -> Match | None:
        """The match of a CPE; None where no product of the feed answers to it."""
        cpe = cpe_of(text)
        if cpe is None:
            return None
        part, vendor, name, version = cpe
        found = re.fullmatch(r"windows_(server_)?(\d[\w.]*)", name) if vendor == "microsoft" else None
        if found is not None:
            release = found[2].replace("_", " ")
            words = f"windows {'server ' if found[1] else ''}{release}"
            return self.of_system(words if found[1] else f"{words} {version}", today, "CPE")
        product = self._cpes.get((part, vendor, name))
        return None if product is None else self._match(product, parts_of(version), today, "CPE")

    def of_system(self, text: str, today: date, by: str = "name of the operating system") -> Match | None:
        """The match of an operating system in words, such as "Microsoft Windows Server 2016 Standard"."""
        words = re.sub(r"\s+", " ", text.strip().lower()[:MOST])
        for pattern, product in SYSTEMS:
            found = pattern.search(words)
            if found is not None and product in self._cycles:
                return self._match(product, _system_parts(product, words[found.end() :]), today, by)
        return None

    def _match(self, product: str, version: tuple[str, ...], today: date, by: str) -> Match:
        cycles = self._cycles[product]
        begun = [(parts, one) for parts, one in cycles if parts and version[: len(parts)] == parts]
        if begun:
            one = max(begun, key=lambda pair: len(pair[0]))[1]
            return Match(product, one.cycle, one.ends if isinstance(one.ends, date) else None, _over(one, today), by)
        possible = [one for parts, one in cycles if version and parts[: len(version)] == version]
        verdicts = {_over(one, today) for one in possible}
        if len(verdicts) == 1 and None not in verdicts:
            days = [one.ends for one in possible if isinstance(one.ends, date)]
            last = max(days) if len(days) == len(possible) else None
            return Match(product, possible[0].cycle if len(possible) == 1 else "", last, verdicts.pop(), by)
        return Match(product, "", None, None, by)


def _over(one: Cycle, today: date) -> bool | None:
    return today > one.ends if isinstance(one.ends, date) else one.ends


def _system_parts(product: str, rest: str) -> tuple[str, ...]:
    """The version that follows the name of an operating system, in the parts of the feed's cycles."""
    words = re.sub(r"\(.*", "", rest) if product not in ("windows", "windows-server") else rest.replace("(", " ")
    words = re.sub(r"service pack |\bsp ?(?=\d)", "sp", words)
    if product == "sles":
        words = re.sub(r"[ -]?sp ?(?=\d)", ".", words)
    if product == "windows":
        return _windows_parts(words)
    kept = [part for part in parts_of(words) if part not in EDITIONS]
    stop = next((at for at, part in enumerate(kept) if at and not _versionlike(part)), len(kept))
    return tuple(kept[:stop])


def _versionlike(part: str) -> bool:
    return part.isdigit() or part in ("r", "sp", "h", "sac", "ac")


def _windows_parts(words: str) -> tuple[str, ...]:
    """Windows 10 and 11 by release and edition: "10 Enterprise 22H2" → 10, 22, h, 2, e."""
    number = re.match(r"\W*(\d+(?:\.1)?|xp|vista)", words)
    if number is None:
        return ()
    name = number[1]
    build = next((BUILDS[b] for b in re.findall(r"\b(\d{5})\b", words) if b in BUILDS), "")
    told = re.search(r"\b(\d\dh\d|1[5-9]\d\d|2004)\b", words[number.end() :])
    release = told[1] if told else build
    long_term = bool(re.search(r"lts[bc]", words))
    edition = "e" if re.search(r"enterprise|education|iot", words) else "w" if re.search(r"\bpro|home", words) else ""
    found = [*parts_of(name), *parts_of(release)]
    if release and edition and not (name == "10" and release in ("22h2", "21h1", "2004", "1903", "1511")):
        found.append(edition)
        if long_term:
            found.append("lts")
    return tuple(found)
