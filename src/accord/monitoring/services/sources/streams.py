"""What the settings of a source of NATS JetStream may say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from accord.core.errors import Problem

FILES = ("password_file", "token_file", "credentials", "nkey", "authority", "certificate", "key")
"""Settings that are paths of files on the collector's machine; secrets stand in them and nowhere else."""
NAMES = ("host", "servers", "stream", "durable", "subjects", "start", "unacknowledged", "user", *FILES)
MOST_UNACKNOWLEDGED = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
_SUBJECT = re.compile(r"(?:[^\s.*>]+|\*)(?:\.(?:[^\s.*>]+|\*))*(?:\.>)?|>")
_WAYS = {"user": "a user with the file of its password", "token_file": "a token", "credentials": "credentials",
         "nkey": "an NKey"}  # fmt: skip


def checked(kept: dict[str, Any]) -> list[Problem]:
    """Bring the settings into their form; the problems of those that cannot be."""
    problems = [*_servers(kept), *_names(kept), *_secrets(kept)]
    if kept.setdefault("start", "beginning") not in ("beginning", "end"):
        problems.append(Problem(None, "start", f"“{kept['start']}” is none.", "Use beginning or end."))
    if "unacknowledged" in kept:
        try:
            kept["unacknowledged"] = int(kept["unacknowledged"])
        except (TypeError, ValueError):
            kept["unacknowledged"] = 0
        if not 1 <= kept["unacknowledged"] <= MOST_UNACKNOWLEDGED:
            reason = "It is no number of messages that may wait for their acknowledgement."
            problems.append(Problem(None, "unacknowledged", reason, f"Write 1 to {MOST_UNACKNOWLEDGED:,}, or nothing."))
    return problems


def _list(kept: dict[str, Any], name: str) -> list[str]:
    given = kept.get(name, [])
    found = given.split() if isinstance(given, str) else [str(one).strip() for one in given]
    kept[name] = [one for one in found if one]
    return list(kept[name])


def _servers(kept: dict[str, Any]) -> list[Problem]:
    problems = []
    for one in _list(kept, "servers"):
        try:
            parts = urlsplit(one)
            good = parts.scheme in ("nats", "tls") and parts.hostname and (parts.port or 4222) and not parts.path
        except ValueError:
            good, parts = False, urlsplit("")
        if not good:
            problems.append(
                Problem(None, "servers", f"“{one[:100]}” is no server.", "Write tls://nats-1.example.org:4222.")
            )
        elif parts.username is not None:
            reason = "A server's address holds a user, and would be shown to everybody who sees this source."
            problems.append(Problem(None, "servers", reason, "Write the user apart, and its password into a file."))
    if not kept["servers"]:
        problems.append(Problem(None, "servers", "None is named.", "Write one or more, such as nats://127.0.0.1:4222."))
    return problems


def _names(kept: dict[str, Any]) -> list[Problem]:
    problems = []
    for name in ("stream", "durable"):
        kept[name] = str(kept.get(name, "")).strip()
        if not _NAME.fullmatch(kept[name]):
            remedy = "Write letters, digits, hyphens and underscores, such as ACCORD."
            problems.append(Problem(None, name, "It is no name.", remedy))
    problems += [
        Problem(None, "subjects", f"“{one[:100]}” is no subject.", "Write such as logs.linux.* or logs.>, by space.")
        for one in _list(kept, "subjects")
        if not _SUBJECT.fullmatch(one)
    ]
    return problems


def _secrets(kept: dict[str, Any]) -> list[Problem]:
    problems = [
        Problem(None, name, f"“{str(kept[name])[:100]}” is no absolute path.",
                "Write the whole path of a file on the collector's machine.")
        for name in FILES
        if name in kept and not Path(str(kept[name])).is_absolute()
    ]  # fmt: skip
    ways = [name for name in _WAYS if kept.get(name)]
    if len(ways) > 1:
        said = " and ".join(_WAYS[one] for one in ways)
        problems.append(Problem(None, ways[1], f"It would sign in by {said}.", "Keep one of them."))
    for one, other in (("user", "password_file"), ("certificate", "key")):
        if bool(kept.get(one)) != bool(kept.get(other)):
            missing = other if kept.get(one) else one
            problems.append(Problem(None, missing, f"It belongs to “{one if missing == other else other}”.",
                                    "Name both, or none."))  # fmt: skip
    return problems
