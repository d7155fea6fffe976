"""Small Sigma rules, so that a test says only what matters."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from accord.core import accounts
from accord.core.models import User
from accord.core.roles import Role
from accord.monitoring.services.rules.reading import Gathered, of_texts


def rule_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def sigma(
    number: int, title: str = "", value: str = "refused", field: str = "action", product: str = "linux",
    level: str = "medium", status: str = "test", more: str = "",
) -> str:  # fmt: skip
    """A rule that holds where one field has one value; its name is rule_<number>."""
    return (
        f"title: {title or f'Rule {number}'}\nid: {rule_id(number)}\nname: rule_{number}\nstatus: {status}\n"
        f"logsource: {{product: {product}, service: sshd}}\ndetection:\n  one:\n    {field}: {value}\n"
        f"  condition: one\nlevel: {level}\ntags: [attack.execution, attack.t1059.004]\n{more}"
    )


def counting(number: int, member: int, least: int = 3, title: str = "Many") -> str:
    """A correlation rule over another, by user within five minutes."""
    return (
        f"title: {title}\nid: {rule_id(number)}\nname: rule_{number}\ncorrelation:\n  type: event_count\n"
        f"  rules: [rule_{member}]\n  group-by: [user]\n  timespan: 5m\n  condition: {{gte: {least}}}\nlevel: high\n"
    )


def collection(*texts: str, **named: str) -> Gathered:
    """A collection of texts: file r<n>.yml each, or by name."""
    files = {f"r{number}.yml": text for number, text in enumerate(texts, 1)}
    return of_texts({**files, **{f"{name}.yml": text for name, text in named.items()}}.items())


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """A ZIP of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


@pytest.fixture
def keeper(db: None, settings: Any, tmp_path: Path) -> User:
    """An analyst, in a home of its own."""
    settings.HOME = tmp_path
    return accounts.add_account(None, "rules@analyst.example", "Ana", [(Role.ANALYST, "")], password="detect-well-91x")
