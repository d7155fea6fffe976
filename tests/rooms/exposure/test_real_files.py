"""Real reports of real scanners: they land whole or are refused with a reason, and the second time adds nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from accord.core import ledger
from accord.core.models import User
from accord.exposure.models import Finding, Scan
from accord.exposure.selectors import posture
from accord.exposure.services import check_rollups, import_scan, inspect_scan, update_feeds_from
from accord.intake.records import IntakeError
from accord.intake.registry import detect

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.fixture
def reports(real_data: Path, tmp_path: Path) -> list[Path]:
    """The files of the formats that are read, unpacked."""
    archive = real_data / "scans" / "scanner-files.zip"
    if not archive.exists():
        pytest.skip(f"{archive} is not there")
    found = []
    known: set[bytes] = set()
    with zipfile.ZipFile(archive) as packed:
        for number, name in enumerate(packed.namelist()):
            content = packed.read(name)
            if content in known:  # the same file under another name adds nothing
                continue
            known.add(content)
            try:
                detect(io.BytesIO(content))
            except IntakeError:
                continue
            path = tmp_path / str(number) / Path(name).name
            path.parent.mkdir()
            path.write_bytes(content)
            found.append(path)
    return found


def test_real_reports(estate: User, real_data: Path, reports: list[Path]) -> None:
    feeds = real_data / "feeds"
    update_feeds_from(estate, [feeds / "kev.json", feeds / "epss-of-kev-2026-08-22.csv"])
    assert len(reports) > 20
    landed = 0
    for path in reports:
        looked, report = inspect_scan(path), import_scan(estate, path)
        assert (looked["state"] == "refused") == (report["state"] == "refused"), path
        if report["state"] == "refused":
            assert path.name in report["problems"][0]
            continue
        landed += 1
        counts = report["counts"]
        seen = sum(counts[name] for name in ("added", "changed", "unchanged", "reopened"))
        read = sum(Scan.objects.filter(pk__in=report["scans"]).values_list("observations", flat=True))
        assert read == looked["counts"]["observations"] <= seen + counts["closed"], path
        assert not any(import_scan(estate, path)["counts"].values()), path
    assert landed > 20
    assert list(check_rollups()) == []
    assert ledger.verify().holds
    exploited = Finding.objects.filter(known_exploited=True, rank__isnull=False)
    assert posture().known_exploited == exploited.count() > 0
