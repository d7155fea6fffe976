"""Backup and restore give back what was there, on either database."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from accord.core import accounts, files, ledger
from accord.core.errors import Refused
from accord.core.models import StoredFile, User
from accord.core.roles import Role
from accord.organization.models import Unit
from accord.site import archive

pytestmark = pytest.mark.django_db(transaction=True)


def _fill() -> StoredFile:
    user = accounts.add_account(None, "cio@b.example", "Ö", [(Role.CIO, "")], password="a long odd phrase")
    Unit.objects.create(key="U-1", name="tab\tnew\nline \\ back", parent=None)
    return files.keep(user, "../../scan.xml", [b"<x/>", b"\x00\xff"])


def test_what_was_backed_up_comes_back(tmp_path: Path) -> None:
    stored = _fill()
    target = tmp_path / "backup.tar.gz"
    manifest = archive.backup(target)
    with ledger.write(None) as log:
        Unit.objects.all().delete()
        log.add("remove", "unit", "U-1")
    archive.restore(target, force=True)
    assert Unit.objects.get().name == "tab\tnew\nline \\ back"
    assert User.objects.get().check_password("a long odd phrase")
    assert ledger.verify().head == manifest["ledger"]["hash"]
    again = StoredFile.objects.get()
    assert (again.name, again.digest) == ("scan.xml", stored.digest)
    with files.open_file(again) as stream:
        assert stream.read() == b"<x/>\x00\xff"
    Unit.objects.create(key="U-2", name="numbers go on after a restore")


def test_data_that_is_here_is_not_replaced_unasked(tmp_path: Path) -> None:
    _fill()
    archive.backup(tmp_path / "b.tar.gz")
    with pytest.raises(Refused, match="data here already"):
        archive.restore(tmp_path / "b.tar.gz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08" + b"\x00" * 40])
def test_a_damaged_backup_changes_nothing(tmp_path: Path, content: bytes) -> None:
    _fill()
    bad = tmp_path / "bad.tar.gz"
    bad.write_bytes(content)
    with pytest.raises(Refused, match="not a whole backup"):
        archive.restore(bad, force=True)
    assert Unit.objects.exists()


def test_a_path_that_leaves_the_archive_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.tar.gz"
    (tmp_path / "x").write_text("x")
    with tarfile.open(bad, "w:gz") as made:
        made.add(tmp_path / "x", "../../outside")
    with pytest.raises(Refused, match="not a whole backup"):
        archive.restore(bad, force=True)
