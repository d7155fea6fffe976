"""Components of bills of materials and of scanners' lists: what is kept, and what damage does."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.intake.components import Listed, components
from accord.intake.records import IntakeError

CYCLONEDX: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "metadata": {"component": {"name": "shop", "version": "2", "purl": "pkg:generic/shop@2"}},
    "components": [
        {"name": "django", "version": "3.2", "purl": "pkg:pypi/django@3.2"},
        {"name": "django", "version": "3.2", "purl": "pkg:pypi/django@3.2"},
        {"name": "os", "version": "11", "cpe": "cpe:2.3:o:debian:debian_linux:11:*:*:*:*:*:*:*"},
        {"name": "without any identifier"},
        "no object",
    ],
}
SPDX: dict[str, Any] = {
    "spdxVersion": "SPDX-2.3",
    "packages": [
        {"name": "curl", "versionInfo": "8.1", "externalRefs": [
            {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:haxx:curl:8.1:*:*:*:*:*:*:*"},
            {"referenceType": "purl", "referenceLocator": "pkg:generic/curl@8.1"}]},
    ],
}  # fmt: skip
TRIVY: dict[str, Any] = {
    "SchemaVersion": 2,
    "Results": [
        {
            "Target": "a",
            "Packages": [{"Name": "zlib", "Version": "1", "Identifier": {"PURL": "pkg:deb/debian/zlib@1"}}],
        },
        {"Target": "b", "Vulnerabilities": [{"PkgName": "x"}]},
    ],
}


def read(value: Any, **told: Any) -> list[Listed]:
    return list(components(io.BytesIO(json.dumps(value).encode()), **told))


def test_each_shape() -> None:
    assert [one.name for one in read(CYCLONEDX)] == ["shop", "django", "os"]
    assert read(SPDX) == [
        Listed("curl", "8.1", "pkg:generic/curl@8.1", "cpe:2.3:a:haxx:curl:8.1:*:*:*:*:*:*:*")
    ]  # fmt: skip
    assert read(TRIVY) == [Listed("zlib", "1", "pkg:deb/debian/zlib@1")]


def test_no_more_than_asked_for() -> None:
    assert len(read(CYCLONEDX, most=2)) == 2


@pytest.mark.parametrize("data", [b"", b"{", b"[1, 2", b'{"components": [', b"\xff\xfe\x00", b'{"a": NaN}'])
def test_damage_is_told(data: bytes) -> None:
    with pytest.raises(IntakeError):
        list(components(io.BytesIO(data)))


@given(st.binary(max_size=200), st.sampled_from([CYCLONEDX, SPDX, TRIVY]), st.integers(0, 300))
def test_whatever_is_in_the_file_is_at_worst_refused(junk: bytes, whole: dict[str, Any], at: int) -> None:
    data = json.dumps(whole).encode()
    with contextlib.suppress(IntakeError):
        list(components(io.BytesIO(data[:at] + junk + data[at:])))
