"""Takes in files of no format that is read, by a mapping that a person has looked at.

The file is kept as it came; what is imported is Accord's own list of findings made of it, kept beside it.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from accord.core import files, ledger
from accord.core.errors import Problem, Refused
from accord.core.models import StoredFile, User
from accord.exposure.models import ImportMapping, Scan
from accord.exposure.services.importing import submit
from accord.intake.mapped import Columns, Converted, Mapping, MappingError, Preview, columns_of, convert, preview
from accord.intake.mapped.sheets import LIMITS
from accord.intake.mapped.spec import signature
from accord.intake.records import IntakeError
from accord.intake.registry import detect


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kept file looks like, and the mapping that is kept for files of that shape (None: none yet)."""

    stored: StoredFile
    name: str
    columns: Columns
    known: ImportMapping | None


def is_of_a_format(stored: StoredFile, name: str) -> bool:
    """Whether the content is of a format that is read without a mapping."""
    try:
        with files.open_file(stored) as stream:
            detect(stream)  # type: ignore[arg-type]
    except IntakeError:
        return False
    return True


def can_be_mapped(stored: StoredFile, name: str) -> bool:
    """Whether a kept file needs a mapping and can have one: of no format, but a table or a list."""
    if is_of_a_format(stored, name):
        return False
    try:
        shape_of(stored, name)
    except Refused:
        return False
    return True


def content_of(stored: StoredFile, name: str) -> bytes:
    """The bytes of a kept file; `Refused` where it is too large to be mapped."""
    if stored.size > LIMITS.file_bytes:
        most = f"{LIMITS.file_bytes:,} bytes"
        raise Refused(Problem(None, "", f"It is larger than {most}.", "Split it into several files.", name))
    with files.open_file(stored) as stream:
        return stream.read()


def shape_of(stored: StoredFile, name: str) -> Shape:
    """The columns of a kept file; `Refused` where it is no table and holds no list."""
    try:
        columns = columns_of(name, content_of(stored, name))
    except IntakeError as error:
        raise refusal(error) from None
    known = ImportMapping.objects.filter(signature=signature(columns.names)).order_by("-used").first()
    return Shape(stored, name, columns, known)


def refusal(error: IntakeError | MappingError) -> Refused:
    """The same as a refusal of this room."""
    if isinstance(error, MappingError):
        return Refused(Problem(None, error.field, error.problem, error.remedy))
    row = error.row if isinstance(error.row, int) else None
    return Refused(Problem(row, error.field or "", error.problem, error.remedy, error.file))


def look(shape: Shape, mapping: Mapping) -> Preview:
    """What the mapping makes of the first rows; `Refused` where it cannot be used."""
    try:
        return preview(shape.name, content_of(shape.stored, shape.name), mapping)
    except (IntakeError, MappingError) as error:
        raise refusal(error) from None


def named(name: str) -> Mapping:
    """A mapping by the name under which it is kept, or from a JSON file; `Refused` where there is none."""
    held = ImportMapping.objects.filter(name=name).first()
    if held is not None:
        return held.mapping
    path = Path(name)
    if not path.is_file():
        known = ", ".join(ImportMapping.objects.values_list("name", flat=True)) or "none yet"
        raise Refused(Problem(None, "mapping", f"There is no mapping “{name}”.", f"Kept are: {known}."))
    try:
        return Mapping.of(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, OSError) as error:
        if isinstance(error, MappingError):
            raise refusal(error) from None
        raise Refused(Problem(None, "mapping", f"It is no JSON ({error}).", "Correct it.", path.name)) from None


def keep(actor: User, name: str, mapping: Mapping, columns: Columns) -> ImportMapping:
    """Keep a mapping under a name for files of this shape; one of that name is replaced."""
    mapping.check()
    if not name.strip():
        raise Refused(Problem(None, "name", "The mapping has no name.", "Name it after what exports such files."))
    with ledger.write(actor) as log:
        held = ImportMapping.objects.filter(name=name.strip()).first()
        before = _row(held) if held else None
        held = held or ImportMapping(name=name.strip(), by=actor)
        held.signature, held.content, held.used = signature(columns.names), mapping.as_json(), timezone.now()
        held.save()
        log.add("change" if before else "add", "mapping", held.name, before, _row(held))
    return held


def _row(held: ImportMapping) -> dict[str, Any]:
    return {"content": held.content, "signature": held.signature}


def remove(actor: User, held: ImportMapping) -> None:
    """Forget a mapping; what was imported by it stays."""
    with ledger.write(actor) as log:
        log.add("remove", "mapping", held.name, _row(held), None)
        held.delete()


def take(actor: User, stored: StoredFile, name: str, mapping: Mapping) -> tuple[Scan, bool, Converted]:
    """Turn a kept file into findings by a mapping, and have a worker import them."""
    made, done = listed(actor, stored, name, mapping)
    scan, is_new = submit(actor, made, name)
    return scan, is_new, done


def listed(actor: User, stored: StoredFile, name: str, mapping: Mapping) -> tuple[StoredFile, Converted]:
    """Accord's own list of findings made of a kept file, kept as well; `Refused` says which row is wrong."""
    data = content_of(stored, name)
    with tempfile.TemporaryFile() as out:
        try:
            done = convert(name, data, mapping, out, stored.digest)
        except (IntakeError, MappingError) as error:
            raise refusal(error) from None
        out.seek(0)
        made = files.keep(actor, f"{name}.findings.json", files.chunks(out))
    with ledger.write(actor) as log:
        ImportMapping.objects.filter(content=mapping.as_json()).update(used=timezone.now())
        told = {"from": stored.digest, "name": name, "rows_refused": done.refused_rows}
        log.add("map", "file", made.digest, None, told)
    return made, done
