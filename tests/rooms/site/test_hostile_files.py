"""What a careless or hostile person gives: a clear sentence, an exit code, and nothing half-imported."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from accord_intake import FILES
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from typer.testing import CliRunner, Result

from accord.core import accounts, jobs
from accord.core.models import Job
from accord.core.roles import Role
from accord.exposure.models import Finding, Scan
from accord.intake.records import IntakeError
from accord.site.command_line import app, application, folders

pytestmark = pytest.mark.django_db(transaction=True)
application()
GOOD = "image.grype.json"
NOTHING = {
    "zero.json": b"", "zero.xml": b"", "blanks.csv": b" \t\r\n" * 99, "mark.csv": b"\xef\xbb\xbf",
    "nul.xml": bytes(5000),
}  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def packed(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as out:
        for name, data in files.items():
            out.writestr(name, data)
    return held.getvalue()


def hostile() -> dict[str, tuple[bytes, str]]:
    """Each file and what is said of it."""
    good = (FILES / GOOD).read_bytes()
    whole = packed(a=good)
    empty = "The file is empty. Export it again from the scanner."
    unknown = "The content is of no format that Accord reads."
    return {
        **{name: (data, empty) for name, data in NOTHING.items()},
        "cut.zip": (whole[: len(whole) // 2], "The archive is damaged"),
        "nested.zip": (packed(**{"inner.zip": whole}), "This is a packed file (zip). Unpack it"),
        "none.zip": (packed(), "The archive holds no file"),
        "empty.zip": (packed(a=b""), empty),
        "binary": (bytes(range(256)) * 20, unknown),
        "wide.json": (good.decode().encode("utf-32"), unknown),
    }


@pytest.mark.parametrize("name", list(hostile()))
@pytest.mark.parametrize("command", ["inspect", "import"])
def test_what_is_said_of_it(command: str, name: str, tmp_path: Path) -> None:
    data, words = hostile()[name]
    (tmp_path / name).write_bytes(data)
    done = run(command, tmp_path / name)
    assert done.exit_code == 1, done.output
    assert words in done.output
    assert not Finding.objects.exists()


@pytest.mark.parametrize("name", list(NOTHING))
def test_an_upload_is_told_the_same(name: str) -> None:
    client = Client()
    client.force_login(accounts.add_account(None, "a@hostile.example", "A", [(Role.ANALYST, "")]))
    client.post("/scans/import/", {"uploads": [SimpleUploadedFile(name, NOTHING[name])]})
    for job in Job.objects.filter(kind="exposure.import"):
        jobs._execute(job.pk)
    scan = Scan.objects.get()
    assert scan.state == Scan.State.REFUSED
    assert (
        "The file is empty. Export it again from the scanner." in client.get(scan.get_absolute_url()).content.decode()
    )


def test_a_bad_archive_keeps_no_other_file_out_and_is_not_forgotten(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed(report=(FILES / GOOD).read_bytes()))
    (tmp_path / "b.zip").write_bytes(packed())
    shutil.copyfile(FILES / "two-hosts.nessus", tmp_path / "c.nessus")
    for command in ("inspect", "import"):
        done = run(command, tmp_path / "a.zip", tmp_path / "b.zip", tmp_path / "c.nessus")
        assert done.exit_code == 1
        assert "b.zip: The archive holds no file" in done.output
        assert "c.nessus" in done.output
    assert Scan.objects.filter(state=Scan.State.LANDED).count() == 2


def test_a_name_that_climbs_out_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "climb.zip").write_bytes(packed(**{"../../climbed.json": (FILES / GOOD).read_bytes()}))
    assert run("import", tmp_path / "climb.zip").exit_code == 0
    assert Scan.objects.get().name == "climbed.json"
    assert [one.name for one in tmp_path.iterdir()] == ["climb.zip"]
    assert not (tmp_path.parent / "climbed.json").exists()


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for command in ("inspect", "import"):
        done = run(command, tmp_path / "pipe")
        assert done.exit_code == 1
        assert "It is neither a file nor a folder." in done.output


def test_two_gigabytes_of_nothing_are_nothing(tmp_path: Path) -> None:
    with (tmp_path / "sparse.nessus").open("wb") as out:
        out.truncate(2 << 30)
    done = run("inspect", tmp_path / "sparse.nessus")
    assert done.exit_code == 1
    assert "The file is empty." in done.output


def test_a_folder_that_cannot_be_listed_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to the walk itself: whoever runs the tests as root may read everything."""
    (tmp_path / "shut").mkdir()
    shutil.copyfile(FILES / GOOD, tmp_path / "a.json")
    listed = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(IntakeError, match="cannot be listed") as told:
        folders.files([tmp_path])
    assert str(tmp_path / "shut") in str(told.value)
    assert told.value.remedy
