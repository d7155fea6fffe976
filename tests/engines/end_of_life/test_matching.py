"""From what scanners say to a product's cycle: real names, versions and days of support of real products.

The days are facts of their makers; the longer list of real data is read where it is at hand.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.engines.end_of_life import Cycle, Index, parts_of, purl_of

TODAY = date(2026, 11, 25)


def _cycles() -> list[Cycle]:
    rows: list[tuple[str, str, dict[str, str | bool]]] = [
        ("debian", "cpe:2.3:o:debian:debian_linux", {"13": "2028-08-09", "12": "2026-07-11", "11": "2024-08-14"}),
        ("ubuntu", "cpe:/o:canonical:ubuntu_linux", {"24.04": "2029-05-31", "20.04": "2025-05-31"}),
        ("rhel", "cpe:2.3:o:redhat:enterprise_linux", {"9": "2032-05-31", "8": "2029-05-31", "7": "2024-06-30"}),
        ("alpine-linux", "", {"3.22": "2027-05-01", "3.2": "2017-05-01", "3.18": "2025-05-09"}),
        ("sles", "", {"15.7": "2031-07-31", "15.5": "2024-12-31", "12.5": "2024-10-31"}),
        ("python", "pkg:generic/python pkg:deb/ubuntu/python3.8", {"3.13": "2029-10-31", "3.8": "2024-10-07",
         "3.1": "2012-04-09", "3.10": "2026-10-31"}),
        ("nodejs", "pkg:docker/library/node cpe:2.3:a:nodejs:node.js", {"22": "2027-04-30", "18": "2025-04-30",
         "2": True}),
        ("postgresql", "pkg:docker/library/postgres cpe:2.3:a:postgresql:postgresql", {"15": "2027-11-11",
         "9.6": "2021-11-11"}),
        ("openssl", "cpe:2.3:a:openssl:openssl", {"3.0": "2026-09-07", "1.1.1": "2023-09-11", "3.5": "2030-04-08"}),
        ("log4j", "pkg:maven/org.apache.logging.log4j/log4j-core", {"2": False, "2.12": "2021-12-14",
         "2.3": "2015-09-20"}),
        ("django", "pkg:pypi/django", {"5.2": "2028-04-30", "3.2": "2024-04-01"}),
        ("angular", "pkg:npm/%40angular/core", {"20": "2026-11-28", "15": "2024-05-18"}),
        ("windows-server", "", {"2025": "2034-11-14", "2019": "2029-01-09", "2016": "2027-01-12",
         "2012-r2": "2023-10-10", "2012": "2023-10-10", "2008-r2-sp1": "2020-01-14", "2008-sp2": "2020-01-14"}),
        ("windows", "", {"11-24h2-e": "2027-10-12", "11-24h2-w": "2026-10-13", "10-22h2": "2025-10-14",
         "11-23h2-e": "2026-11-10", "11-23h2-w": "2025-11-11", "10-1809-e-lts": "2029-01-09",
         "10-1809-e": "2021-05-11", "10-1809-w": "2020-11-10"}),
    ]  # fmt: skip
    return [
        Cycle(product, cycle, date.fromisoformat(ends) if isinstance(ends, str) else ends, tuple(names.split()))
        for product, names, cycles in rows
        for cycle, ends in cycles.items()
    ]


INDEX = Index(_cycles())


@pytest.mark.parametrize(
    ("text", "product", "cycle", "ended"),
    [
        ("Debian GNU/Linux 12 (bookworm)", "debian", "12", True),
        ("debian 13.1", "debian", "13", False),
        ("Linux Kernel 5.4 on Ubuntu 20.04 (focal)", "ubuntu", "20.04", True),
        ("Ubuntu 24.04.1 LTS", "ubuntu", "24.04", False),
        ("Red Hat Enterprise Linux Server release 7.9 (Maipo)", "rhel", "7", True),
        ("redhat 8.6", "rhel", "8", False),
        ("Linux Kernel 5.14 on Red Hat 9", "rhel", "9", False),
        ("alpine 3.22.1", "alpine-linux", "3.22", False),
        ("alpine 3.2.3", "alpine-linux", "3.2", True),
        ("SUSE Linux Enterprise Server 15 SP5", "sles", "15.5", True),
        ("Microsoft Windows Server 2016 Standard", "windows-server", "2016", False),
        ("Windows Server 2012 R2 Datacenter", "windows-server", "2012-r2", True),
        ("Windows Server 2012", "windows-server", "2012", True),
        ("Microsoft Windows Server 2008 R2 Standard Service Pack 1", "windows-server", "2008-r2-sp1", True),
        ("Windows Server 2008 R2", "windows-server", "2008-r2-sp1", True),
        ("Microsoft Windows 11 Enterprise 24H2", "windows", "11-24h2-e", False),
        ("Microsoft Windows 11 Pro Build 26100", "windows", "11-24h2-w", True),
        ("Windows 10 Pro 22H2", "windows", "10-22h2", True),
        ("Windows 10 Enterprise LTSC 1809", "windows", "10-1809-e-lts", False),
        ("Windows 10", "windows", "", None),
        ("Windows 11 23H2", "windows", "", True),
    ],
)
def test_operating_systems(text: str, product: str, cycle: str, ended: bool | None) -> None:
    found = INDEX.of_system(text, TODAY)
    assert found is not None
    assert (found.product, found.cycle, found.ended) == (product, cycle, ended)


@pytest.mark.parametrize(
    ("purl", "product", "cycle", "ended"),
    [
        ("pkg:generic/python@3.8.10", "python", "3.8", True),
        ("pkg:generic/python@3.10.2", "python", "3.10", True),
        ("pkg:generic/python@3.13.0", "python", "3.13", False),
        ("pkg:docker/library/node@18-alpine", "nodejs", "18", True),
        ("pkg:docker/library/node@2.0.1", "nodejs", "2", True),
        ("pkg:docker/library/postgres@9.6.24", "postgresql", "9.6", True),
        ("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "log4j", "2", False),
        ("pkg:maven/org.apache.logging.log4j/log4j-core@2.3.2?type=jar", "log4j", "2.3", True),
        ("pkg:maven/org.apache.logging.log4j/log4j-core@2.12.4", "log4j", "2.12", True),
        ("pkg:pypi/Django@3.2.25", "django", "3.2", True),
        ("pkg:npm/%40angular/core@15.2.0", "angular", "15", True),
        ("pkg:npm/@angular/core@20.0.0", "angular", "20", False),
        ("pkg:deb/ubuntu/python3.8@3.8.10-0ubuntu1?arch=amd64&distro=ubuntu-24.04", "ubuntu", "24.04", False),
        ("pkg:deb/debian/openssl@1.1.1w-0%2Bdeb11u1?distro=debian-11", "debian", "11", True),
        ("pkg:apk/alpine/openssl@3.1.4-r5?distro=alpine-3.18.6", "alpine-linux", "3.18", True),
        ("pkg:docker/library/node", "nodejs", "", None),
        ("pkg:docker/library/node@latest", "nodejs", "", None),
    ],
)
def test_package_urls(purl: str, product: str, cycle: str, ended: bool | None) -> None:
    found = INDEX.of_purl(purl, TODAY)
    assert found is not None
    assert (found.product, found.cycle, found.ended) == (product, cycle, ended)


@pytest.mark.parametrize(
    "purl",
    [
        "pkg:npm/core@15.2.0",
        "pkg:npm/django@3.2",
        "pkg:deb/ubuntu/python3.8@3.8.10",
        "pkg:maven/log4j-core@2.3",
        "python 3.8",
        "pkg:",
        "",
    ],
)
def test_another_namespace_is_another_product(purl: str) -> None:
    assert INDEX.of_purl(purl, TODAY) is None


@pytest.mark.parametrize(
    ("cpe", "product", "cycle", "ended"),
    [
        ("cpe:2.3:a:openssl:openssl:1.1.1k:*:*:*:*:*:*:*", "openssl", "1.1.1", True),
        ("cpe:2.3:a:openssl:openssl:3.5.1:*:*:*:*:*:*:*", "openssl", "3.5", False),
        ("cpe:/o:canonical:ubuntu_linux:20.04", "ubuntu", "20.04", True),
        ("cpe:2.3:o:debian:debian_linux:12.0:*:*:*:*:*:*:*", "debian", "12", True),
        ("cpe:2.3:a:nodejs:node.js:22.1.0:*:*:*:*:*:*:*", "nodejs", "22", False),
        ("cpe:2.3:a:postgresql:postgresql:*:*:*:*:*:*:*:*", "postgresql", "", None),
        ("cpe:2.3:o:microsoft:windows_server_2012:r2:*:*:*:*:*:*:*", "windows-server", "2012", True),
        ("cpe:2.3:o:microsoft:windows_server_2019:-:*:*:*:*:*:*:*", "windows-server", "2019", False),
        ("cpe:2.3:o:microsoft:windows_10:1809:*:*:*:enterprise:*:*:*", "windows", "", None),
    ],
)
def test_cpes(cpe: str, product: str, cycle: str, ended: bool | None) -> None:
    found = INDEX.of_cpe(cpe, TODAY)
    assert found is not None
    assert (found.product, found.cycle, found.ended) == (product, cycle, ended)


def test_the_last_day_is_still_supported() -> None:
    day = date(2026, 7, 11)
    for today, ended in ((day, False), (day + timedelta(days=1), True)):
        found = INDEX.of_system("Debian 12", today)
        assert found is not None
        assert found.ended is ended
        assert found.ends == day


@given(st.text(max_size=60), st.sampled_from(["", "pkg:", "pkg:npm/", "cpe:2.3:", "cpe:/", "windows ", "debian "]))
def test_whatever_is_written_is_no_error(text: str, start: str) -> None:
    for find in (INDEX.of_purl, INDEX.of_cpe, INDEX.of_system):
        find(start + text, TODAY)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=4), st.lists(st.integers(0, 40), max_size=3))
def test_a_cycle_is_a_beginning_by_whole_parts(cycle: list[int], more: list[int]) -> None:
    name = ".".join(map(str, cycle))
    index = Index([Cycle("thing", name, True, ("pkg:generic/thing",))])
    found = index.of_purl(f"pkg:generic/thing@{'.'.join(map(str, [*cycle, *more]))}", TODAY)
    assert found is not None
    assert found.cycle == name
    other = index.of_purl(f"pkg:generic/thing@{name}1", TODAY)
    assert other is not None
    assert (other.cycle == name) == (parts_of(f"{name}1")[: len(cycle)] == parts_of(name))


def test_a_package_url_keeps_its_namespace() -> None:
    found = purl_of("pkg:golang/github.com/Gorilla/mux@v1.8.0#sub")
    assert found is not None
    assert (found.kind, found.path, found.version) == ("golang", "github.com/gorilla/mux", "v1.8.0")


@pytest.mark.real_data
def test_every_cycle_of_the_real_feed_is_found_by_its_own_name(real_data: Path) -> None:
    """A version that is the cycle itself leads back to it, or is told as open between cycles of the same parts."""
    path = max((real_data / "feeds").glob("end-of-life-*.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cycles = [Cycle(r["product"], r["cycle"], None, tuple(r["identifiers"].split())) for r in rows]
    index = Index(cycles)
    of_product: dict[str, list[tuple[str, ...]]] = {}
    for one in cycles:
        of_product.setdefault(one.product, []).append(parts_of(one.cycle))
    looked = 0
    for one in cycles:
        purls = [p for p in map(purl_of, one.identifiers) if p and p.kind in ("pypi", "npm", "maven", "docker")]
        if not purls or of_product[one.product].count(parts_of(one.cycle)) > 1:
            continue
        found = index.of_purl(f"pkg:{purls[0].kind}/{purls[0].path}@{one.cycle}", TODAY)
        assert found is not None
        if found.product == one.product:
            looked += 1
            assert parts_of(found.cycle) == parts_of(one.cycle)
    assert looked > 1000
