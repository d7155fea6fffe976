"""A backup of everything in one archive, from either database, and its way back.

SQLite is copied by its backup API and PostgreSQL read through COPY in one snapshot, so that both can go on
being written meanwhile. The archive holds `manifest.json`, the database (`accord.sqlite3` or
`tables/<table>.copy`), the kept files, and the secret key where it lies in the home.
"""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accord import __version__
from accord.core.errors import Refused
from accord.core.files import open_file
from accord.core.models import LedgerHead, StoredFile, User
from accord.site import configuration

FORMAT = 1
Tell = Callable[[int, int | None, str], None]


def _manifest() -> dict[str, Any]:
    head = LedgerHead.objects.filter(id=1).first()
    migrations = sorted(MigrationRecorder.Migration.objects.values_list("app", "name"))
    return {
        "format": FORMAT, "version": __version__, "vendor": connection.vendor, "migrations": migrations,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "ledger": {"number": head.number, "hash": head.hash} if head else None,
    }  # fmt: skip


def backup(target: Path, tell: Tell = lambda done, total, message: None) -> dict[str, Any]:
    """Write the archive (gzip tar) to `target` and return its manifest. A partial file is never left behind."""
    manifest = _manifest()
    part = target.with_name(target.name + ".part")
    try:
        with tarfile.open(part, "w:gz", compresslevel=5) as archive, tempfile.TemporaryDirectory() as room:
            _add_bytes(archive, "manifest.json", json.dumps(manifest, indent=1).encode())
            tell(0, None, "database")
            for name, path in _database_files(Path(room)):
                archive.add(path, name)
                path.unlink()
            total = StoredFile.objects.count()
            for done, stored in enumerate(StoredFile.objects.order_by("pk").iterator(), 1):
                with open_file(stored) as stream:
                    info = tarfile.TarInfo(f"files/{stored.digest}")
                    info.size = stored.size
                    archive.addfile(info, stream)
                tell(done, total, "files")
            key = configuration.home() / "secret-key"
            if key.exists():
                _add_bytes(archive, "secret-key", key.read_bytes())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    archive.addfile(info, io.BytesIO(data))


def _tables() -> list[str]:
    """All tables of the models that are managed, and the record of migrations."""
    models = apps.get_models(include_auto_created=True)
    names = {m._meta.db_table for m in models if m._meta.managed}
    return sorted(names & set(connection.introspection.table_names()))


def _database_files(room: Path) -> Iterator[tuple[str, Path]]:
    if connection.vendor == "sqlite":
        copy = room / "accord.sqlite3"
        with sqlite3.connect(str(connection.settings_dict["NAME"])) as source, sqlite3.connect(copy) as sink:
            source.backup(sink, pages=2000)
        sink.close()
        source.close()
        yield "accord.sqlite3", copy
        return
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            for table in _tables():
                path = room / f"{table}.copy"
                columns = _columns(cursor, table)
                statement = f"COPY {_quoted(table)} ({', '.join(map(_quoted, columns))}) TO STDOUT"
                with path.open("wb") as out, cursor.copy(statement) as copy:
                    out.write((json.dumps(columns) + "\n").encode())
                    for block in copy:
                        out.write(block)
                yield f"tables/{table}.copy", path
        finally:
            cursor.execute("ROLLBACK")


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _columns(cursor: Any, table: str) -> list[str]:
    return [c.name for c in connection.introspection.get_table_description(cursor, table)]


def restore(source: Path, *, force: bool = False, tell: Tell = lambda done, total, message: None) -> dict[str, Any]:
    """Put an archive's content into this installation, which must be new unless `force`; returns its manifest.

    Raises `Refused` when the archive is damaged, from another kind of database or a newer Accord, or when there
    is data here already. Nothing is changed then.
    """
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        manifest = _unpack(source, room)
        if manifest["vendor"] != connection.vendor:
            raise Refused(
                f"The backup is of {manifest['vendor']}, this installation uses {connection.vendor}. "
                "Restore it into the same kind of database."
            )
        if not force and _has_data():
            raise Refused("There is data here already. Restore into a new home, or add --force to replace it.")
        tell(0, None, "database")
        if connection.vendor == "sqlite":
            _restore_sqlite(room / "accord.sqlite3")
        else:
            _restore_postgresql(room / "tables", manifest)
        _restore_files(room, tell)
        key = room / "secret-key"
        if key.exists() and not configuration.value("ACCORD_SECRET_KEY"):
            place = configuration.home() / "secret-key"
            shutil.copyfile(key, place)
            place.chmod(0o600)
    return manifest


def _has_data() -> bool:
    if User._meta.db_table not in connection.introspection.table_names():
        return False
    return User.objects.exists()


def _unpack(source: Path, room: Path) -> dict[str, Any]:
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(room, filter="data")
        manifest: dict[str, Any] = json.loads((room / "manifest.json").read_text())
    except (OSError, tarfile.TarError, ValueError, EOFError, KeyError) as error:
        raise Refused(f"{source.name} is not a whole backup ({error}). Use another one.") from None
    if manifest.get("format") != FORMAT:
        raise Refused(f"{source.name} was written by another version of Accord. Restore it with that version.")
    return manifest


def _restore_sqlite(copy: Path) -> None:
    target = Path(str(connection.settings_dict["NAME"]))
    connection.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(copy) as source, sqlite3.connect(target) as sink:
        source.backup(sink)
    source.close()
    sink.close()


def _restore_postgresql(folder: Path, manifest: dict[str, Any]) -> None:
    from django.core.management import call_command
    from django.db import transaction

    newest = dict(sorted(manifest["migrations"]))
    for app, name in newest.items():
        call_command("migrate", app, name, verbosity=0, interactive=False)
    with transaction.atomic(), connection.cursor() as cursor:
        tables = _tables()
        cursor.execute(f"TRUNCATE {', '.join(map(_quoted, tables))} CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            path = folder / f"{table}.copy"
            if path.exists():
                with path.open("rb") as stream:
                    _copy_in(cursor, table, stream)
        models = [m for m in apps.get_models(include_auto_created=True) if m._meta.db_table in tables]
        from django.core.management.color import no_style

        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    call_command("migrate", verbosity=0, interactive=False)


def _copy_in(cursor: Any, table: str, stream: IO[bytes]) -> None:
    columns = json.loads(stream.readline())
    statement = f"COPY {_quoted(table)} ({', '.join(map(_quoted, columns))}) FROM STDIN"
    with cursor.copy(statement) as copy:
        while block := stream.read(1 << 20):
            copy.write(block)


def _restore_files(room: Path, tell: Tell) -> None:
    from accord.core.files import put

    paths = sorted((room / "files").glob("*")) if (room / "files").exists() else []
    for done, path in enumerate(paths, 1):
        with path.open("rb") as stream:
            put(path.name, stream)
        tell(done, len(paths), "files")
