"""What is invented says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from accord.site import configuration


def test_a_home_with_the_sample_company_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path))
    assert configuration.notice() == ""
    (tmp_path / configuration.SAMPLE_LOGINS).write_text("[]")
    assert "invented" in configuration.notice()
    monkeypatch.setenv("ACCORD_NOTICE", "Test system")
    assert configuration.notice() == "Test system"
