"""Archives of reports: every file within limits, no path of the archive trusted."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from accord.intake import archive
from accord.intake.records import IntakeError
from accord.intake.safe.limits import Limits


def packed(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return path


def read(path: Path, limits: Limits | None = None) -> dict[str, bytes]:
    return {one.name: one.stream.read() if not one.problem else b"" for one in archive.members(path, limits)}


def test_files_come_in_their_order_and_can_be_read_twice(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", **{"one/a.json": b"{}", "b.xml": b"<a/>"})
    assert archive.is_archive(path)
    names = []
    for one in archive.members(path):
        names.append(one.name)
        first = one.stream.read()
        one.stream.seek(0)
        assert one.stream.read() == first != b""
    assert names == ["one/a.json", "b.xml"]


def test_a_stream_gives_the_same_as_a_file(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", **{"a.json": b"{}", "b.xml": b"<a/>"})
    with path.open("rb") as stream:
        assert archive.is_archive(stream)
        assert {one.name: one.stream.read() for one in archive.members(stream)} == read(path)
    other = tmp_path / "a.tar"
    with tarfile.open(other, "w") as out:
        out.add(path, "in.zip")
    with other.open("rb") as stream:
        assert archive.is_archive(stream)
        assert [one.name for one in archive.members(stream)] == ["in.zip"]
    with pytest.raises(IntakeError, match=r"notes\.txt"):
        list(archive.members(io.BytesIO(b"words"), name="notes.txt"))


def test_a_tar_is_read_and_its_links_and_devices_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as out:
        entry = tarfile.TarInfo("in/a.json")
        entry.size = 2
        out.addfile(entry, io.BytesIO(b"{}"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(link)
        device = tarfile.TarInfo("device")
        device.type = tarfile.CHRTYPE
        out.addfile(device)
    assert archive.is_archive(path)
    assert read(path) == {"in/a.json": b"{}"}


def test_a_symbolic_link_in_a_zip_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as out:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        out.writestr(link, "/etc/passwd")
        out.writestr("a.json", "{}")
    assert read(path) == {"a.json": b"{}"}


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/x", "..\\..\\x", "a/../../x", "\u202ex\x00"])
def test_a_name_never_leads_out(tmp_path: Path, name: str) -> None:
    (found,) = read(packed(tmp_path / "a.zip", **{name: b"{}"}))
    assert ".." not in found.split("/")
    assert not found.startswith("/")
    assert "\x00" not in found and "\u202e" not in found
    assert list(tmp_path.iterdir()) == [tmp_path / "a.zip"]


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = packed(tmp_path / "bomb.zip", **{f"{n}.json": b"\0" * (40 << 20) for n in range(3)})
    with pytest.raises(IntakeError, match="1000 times its size"):
        read(path)


def test_one_file_that_is_too_large_keeps_no_other_back(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", **{"big.json": b"x" * 5000, "small.json": b"{}"})
    found = {one.name: one.problem for one in archive.members(path, Limits(bytes=1000))}
    assert "larger than 1,000 bytes" in found["big.json"]
    assert found["small.json"] == ""


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBERS", 2)
    path = packed(tmp_path / "a.zip", **{f"{n}.json": b"{}" for n in range(3)})
    with pytest.raises(IntakeError, match="more than 2 files"):
        read(path)


def test_damage_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", **{"a.json": bytes(range(256)) * 40, "b.json": b"{}"})
    data = bytearray(path.read_bytes())
    data[45:60] = b"\xff" * 15
    path.write_bytes(data)
    found = {one.name: one.problem for one in archive.members(path)}
    assert "damaged" in found["a.json"]
    assert found["b.json"] == ""
    other = tmp_path / "b.txt"
    other.write_bytes(b"no archive")
    assert not archive.is_archive(other)
    with pytest.raises(IntakeError, match="neither a ZIP nor a TAR"):
        read(other)


def test_cut_anywhere(tmp_path: Path) -> None:
    whole = packed(tmp_path / "a.zip", **{"a.json": b"{}" * 50, "b.json": b"{}"}).read_bytes()
    path = tmp_path / "cut.zip"
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at])
        try:
            read(path)
        except IntakeError as error:
            assert error.remedy


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_files_of_one_name_are_called_by_their_paths(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    contents = {"shop/bandit.json": b"{}", "till/bandit.json": b"[]", "till/gosec.json": b"{}"}
    if kind == "zip":
        packed(path, **contents)
    else:
        path = tmp_path / "a.tar"
        with tarfile.open(path, "w") as out:
            for name, data in contents.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                out.addfile(entry, io.BytesIO(data))
    with path.open("rb") as stream:
        times = archive.last_names(stream)
    assert times == archive.last_names(path) == {"bandit.json": 2, "gosec.json": 1}
    assert [archive.apart(name, times) for name in contents] == [
        "shop › bandit.json", "till › bandit.json", "gosec.json",
    ]  # fmt: skip


def test_the_names_in_a_damaged_archive_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04 no archive")
    assert not archive.last_names(path)


def test_an_archive_without_a_file_is_said_to_hold_none(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.json")
    link.external_attr = 0o120777 << 16
    folder = tarfile.TarInfo("only")
    folder.type = tarfile.DIRTYPE
    packed(tmp_path / "empty.zip")
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as out:
        out.writestr(link, "/etc/passwd")
    with tarfile.open(tmp_path / "folder.tar", "w") as tape:
        tape.addfile(folder)
    for name in ("empty.zip", "link.zip", "folder.tar"):
        assert archive.is_archive(tmp_path / name)
        with pytest.raises(IntakeError, match=rf"^{name}: The archive holds no file") as told:
            read(tmp_path / name)
        assert told.value.remedy


def test_zeros_are_no_archive(tmp_path: Path) -> None:
    """The end of a TAR is two blocks of zeros, but a file of nothing else is no TAR."""
    (tmp_path / "zeros").write_bytes(bytes(10_240))
    assert not archive.is_archive(tmp_path / "zeros")
    assert not archive.is_archive(io.BytesIO(bytes(10_240)))
