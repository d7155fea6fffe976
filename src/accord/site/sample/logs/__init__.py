"""Fourteen days of the sample company's logs up to a given moment: ordinary work, and a story that rules find.

    for source in logs.write(things, people, until): source.name, source.lines

The same moment and seed give the same bytes. Machines, persons and addresses are those of the sample's estate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from accord.site.sample.assets import Thing
from accord.site.sample.company import SEED
from accord.site.sample.logs import incidents, machines, services
from accord.site.sample.logs.incidents import JUDGED, UNKNOWN, Judged
from accord.site.sample.logs.scene import DAYS, Recorded, Scene, Source

__all__ = ["DAYS", "JUDGED", "UNKNOWN", "Judged", "Recorded", "Source", "write"]
SILENT_FOR = timedelta(days=2)
WRITERS = (
    ("controllers", "Domain controllers", "http", machines.controllers, 420, (0.5, 8.0), "windows-dc.jsonl"),
    ("servers", "Windows servers", "http", machines.servers, 330, (0.5, 8.0), "windows-servers.jsonl"),
    ("clients", "Workstations", "http", machines.clients, 380, (1.0, 90.0), "workstations.jsonl"),
    ("linux", "Linux servers", "http", machines.linux, 260, (0.3, 4.0), "linux-audit.log"),
    ("cloudtrail", "AWS CloudTrail", "http", services.cloudtrail, 190, (120.0, 540.0), "cloudtrail.jsonl"),
    ("entra", "Microsoft Entra", "http", services.entra, 230, (60.0, 240.0), "entra.jsonl"),
    ("m365", "Microsoft 365", "http", services.m365, 210, (300.0, 1500.0), "m365.jsonl"),
    ("partners", "Okta, customers and carriers", "http", services.partners, 110, (5.0, 40.0), "okta.jsonl"),
    ("zeek", "Zeek, data centre Skarne", "http", services.zeek, 520, (2.0, 20.0), "zeek.jsonl"),
    ("suricata", "Suricata, edge", "http", services.suricata, 190, (1.0, 6.0), "suricata-eve.jsonl"),
    ("web", "Web servers", "http", services.web, 320, (0.3, 3.0), "nginx-access.log"),
)  # fmt: skip
"""Key, name, kind, who writes it, records on a working day, seconds until received, name of its file."""
SILENT = "partners"
"""The source that has been silent for two days, and nobody noticed."""


def write(
    things: Sequence[Thing], people: Sequence[Mapping[str, object]], until: datetime, seed: int = SEED
) -> list[Source]:
    """The sources with their records in the order of receipt. `until` is aware, UTC; nothing is later."""
    scene = Scene(things, people, until, Random(f"{seed}-logs"))
    for key, name, kind, _, _, delay, file in WRITERS:
        last = scene.until - SILENT_FOR if key == SILENT else None
        host = scene.webs[0].hostnames[0] if key == "web" else ""
        scene.sources[key] = Source(name, kind, file, delay, last=last, host=host)
    for key, _, _, ordinary, a_day, _, _ in WRITERS:
        ordinary(scene, key, a_day)
    incidents.tell(scene)
    for source in scene.sources.values():
        source.lines.sort(key=lambda one: one.received)
    return list(scene.sources.values())
