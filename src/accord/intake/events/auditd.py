"""Linux audit daemon: audit.log, also within syslog, and with the names that `log_format = ENRICHED` adds.

One record is one event, as Sigma's auditd rules take them: `type`, and each field by its name. Values that the
kernel wrote as hexadecimal (arguments, commands, names with blanks) are read; the fields inside msg='…' of user
records stand at the top. Enriched names (SYSCALL=execve) stand under their own, capital names; where the log is not
enriched, SYSCALL is told for the system calls that rules ask for, on x86-64 and on 64-bit ARM.

The records of one started program (SYSCALL, then EXECVE) give one event more, of the category process_creation, with
Image, CommandLine, ProcessId, ParentProcessId and User, so that rules for processes on Linux have something to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from accord.intake.events.base import Assumed, Data, LogSource, Read, Refused
from accord.intake.events.times import epoch

SOURCE = LogSource("linux", None, "auditd")
PROCESS = LogSource("linux", "process_creation")
_HEAD = re.compile(
    r"(?:node=(?P<node>\S{1,255}) )?type=(?P<type>[A-Z0-9_\[\]]{1,60}) "
    r"msg=audit\((?P<time>\d{1,12}\.\d{1,9}):(?P<serial>\d{1,20})\):\s?"
)
_FIELD = re.compile(r"""([A-Za-z_][\w\-\[\]]{0,60})=(?:"([^"]*)"|'([^']*)'|(\S*))""")
_HEX = re.compile(r"(?:[0-9A-F]{2})+")
_CODED = re.compile(r"(?:a\d+(?:\[\d+\])?|proctitle|name|comm|exe|cwd|cmd|key|data|acct|path|dir|vm)")
_NUMBERS_IN = frozenset(("SYSCALL", "SECCOMP"))
MOST_FIELDS = 2000
CALLS = {
    "c000003e": {
        "2": "open", "41": "socket", "42": "connect", "49": "bind", "56": "clone", "59": "execve", "62": "kill",
        "82": "rename", "87": "unlink", "90": "chmod", "92": "chown", "99": "sysinfo", "101": "ptrace",
        "103": "syslog", "105": "setuid", "133": "mknod", "135": "personality", "159": "adjtimex",
        "164": "settimeofday", "165": "mount", "175": "init_module", "176": "delete_module",
        "227": "clock_settime", "257": "openat", "259": "mknodat", "263": "unlinkat", "264": "renameat",
        "268": "fchmodat", "275": "splice", "313": "finit_module", "319": "memfd_create", "322": "execveat",
    },
    "c00000b7": {
        "33": "mknodat", "35": "unlinkat", "40": "mount", "56": "openat", "76": "splice", "92": "personality",
        "105": "init_module", "106": "delete_module", "116": "syslog", "117": "ptrace", "179": "sysinfo",
        "198": "socket", "203": "connect", "221": "execve", "273": "finit_module", "279": "memfd_create",
        "281": "execveat",
    },
}  # fmt: skip
"""System calls by architecture (linux/audit.h) and number (the kernel's tables)."""


class Auditd:
    """One record of the audit log."""

    @staticmethod
    def recognizes(line: str) -> bool:
        return _HEAD.match(line) is not None

    @staticmethod
    def read(line: str, assumed: Assumed, note: Callable[[str], None]) -> Read:
        head = _HEAD.match(line)
        if head is None:
            raise Refused("It does not begin as an audit record does (type=… msg=audit(…)).")
        kind = head["type"]
        data: Data = {"type": kind, "audit_time": head["time"], "audit_serial": int(head["serial"])}
        if head["node"]:
            data["node"] = head["node"]
        rest, _, enriched = line[head.end() :].partition("\x1d")
        _fields(data, rest, kind, inner=True)
        _fields(data, enriched, kind, inner=False)
        if kind == "SYSCALL" and "SYSCALL" not in data:
            name = CALLS.get(str(data.get("arch")), {}).get(str(data.get("syscall")))
            if name is not None:
                data["SYSCALL"] = name
        return Read(data, SOURCE, epoch(head["time"]), head["node"])


def _fields(data: Data, text: str, kind: str, inner: bool) -> None:
    for count, found in enumerate(_FIELD.finditer(text)):
        if count >= MOST_FIELDS:
            raise Refused(f"It has more than {MOST_FIELDS:,} fields.")
        name, quoted, single, bare = found.groups()
        if single is not None and inner and name == "msg":
            data.setdefault("msg", single)
            _fields(data, single, kind, inner=False)
            continue
        value = quoted if quoted is not None else single if single is not None else bare.rstrip(",")
        if bare and len(value) >= 2 and _CODED.fullmatch(name) and not _is_number(kind, name) and _HEX.fullmatch(value):
            value = _decoded(value)
        if value == "(null)":
            continue
        data.setdefault(name, value)


def _is_number(kind: str, name: str) -> bool:
    """The arguments of a system call are numbers in hexadecimal, those of a program are text."""
    return kind in _NUMBERS_IN and name[0] == "a" and name[1:2].isdigit()


def _decoded(value: str) -> str:
    held = bytes.fromhex(value).rstrip(b"\0").replace(b"\0", b" ")
    return held.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode() if held else value


class Processes:
    """Puts the records of a started program together: SYSCALL tells the program and who ran it, EXECVE the rest.

    `call` is the SYSCALL record whose EXECVE has not come.
    """

    def __init__(self) -> None:
        self.call: Data = {}

    def take(self, record: Data) -> Data | None:
        """The process that this record completes; None where it completes none."""
        kind = record.get("type")
        if kind == "SYSCALL":
            self.call = record
            return None
        call = self.call
        same = all(call.get(name) == record.get(name) for name in ("audit_serial", "audit_time", "node"))
        if kind != "EXECVE" or not call or not same:
            return None
        self.call = {}
        arguments: list[str] = []
        while len(arguments) < MOST_FIELDS and (value := record.get(f"a{len(arguments)}")) is not None:
            arguments.append(str(value))
        found: Data = {"Image": call.get("exe"), "CommandLine": " ".join(arguments)}
        found |= {"ProcessId": call.get("pid"), "ParentProcessId": call.get("ppid")}
        found |= {"User": call.get("UID", call.get("uid")), "audit_serial": record["audit_serial"]}
        return {name: value for name, value in found.items() if value not in (None, "")}
