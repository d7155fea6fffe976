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
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

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
_ARGUMENT = re.compile(r"argc|a\d{1,6}(?:_len|\[\d{1,6}\])?")
_CODED_TEXT = re.compile(r"[^!#-~]")
_OF_CALL = ("exe", "pid", "ppid", "uid", "UID", "audit_serial", "audit_time")
MOST_FIELDS = 2000
STARTS = ("execve", "execveat")
MOST_CALLS, MOST_RECORDS, MOST_ARGUMENTS, MOST_TEXT = 64, 300, 10_000, 4 << 20
"""Started programs whose records are waited for; EXECVE records, arguments and their characters of one."""
LONGEST, MOST_STATE = 1 << 17, 1 << 14
"""Characters of one field, and of all that outlives a restart."""
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


KINDS = {
    "1006": "LOGIN", "1100": "USER_AUTH", "1101": "USER_ACCT", "1103": "CRED_ACQ", "1104": "CRED_DISP",
    "1105": "USER_START", "1106": "USER_END", "1112": "USER_LOGIN", "1113": "USER_LOGOUT", "1114": "ADD_USER",
    "1115": "DEL_USER", "1116": "ADD_GROUP", "1117": "DEL_GROUP", "1123": "USER_CMD", "1130": "SERVICE_START",
    "1131": "SERVICE_STOP", "1300": "SYSCALL", "1302": "PATH", "1305": "CONFIG_CHANGE", "1306": "SOCKADDR",
    "1307": "CWD", "1309": "EXECVE", "1320": "EOE", "1326": "SECCOMP", "1327": "PROCTITLE", "1330": "KERN_MODULE",
    "1334": "BPF", "1400": "AVC", "1700": "ANOM_PROMISCUOUS", "1701": "ANOM_ABEND", "1702": "ANOM_LINK",
}  # fmt: skip
"""Types of records by number (linux/audit.h), as the kernel logs them where no audit daemon runs."""
_KERNEL = re.compile(r"(?:\[ *\d{1,10}\.\d{1,6}\] )?(?:audit: )?type=(\d{4}) (?=audit\()")


def from_kernel(text: str) -> str:
    """A record that the kernel logged itself (`audit: type=1300 audit(…)`), as the daemon writes it; else the text."""
    found = _KERNEL.match(text)
    if found is None:
        return text
    return f"type={KINDS.get(found[1], f'UNKNOWN[{found[1]}]')} msg={text[found.end() :]}"


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
        if kind == "EXECVE":
            for argument in [name[:-3] for name in data if name.endswith("[0]")]:
                data.setdefault(argument, _joined(data, argument))
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


class Started(NamedTuple):
    """A started program, when it was, and on which machine."""

    data: Data
    time: datetime | None
    host: str | None


class Processes:
    """Puts the records of a started program together: SYSCALL tells the program and who ran it, EXECVE the rest.

    Records of several programs may alternate, and the kernel splits long arguments (a2_len, a2[0], a2[1]) and many
    arguments over several EXECVE records. A program is told with the record by which all its arguments are there, else
    with the next record of its event that is no EXECVE; at the latest when `MOST_CALLS` others wait.
    """

    def __init__(self) -> None:
        self._calls: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def take(self, record: Data, host: str | None) -> list[Started]:
        """The programs that this record completes."""
        kind = record["type"]
        if not self._calls and kind != "SYSCALL":
            return []
        key = f"{record.get('node') or host or ''} {record['audit_time']}:{record['audit_serial']}"
        call = self._calls.get(key)
        if kind == "SYSCALL":
            if record.get("SYSCALL", "execve") not in STARTS:
                return []
            self._calls[key] = {name: _short(record[name]) for name in _OF_CALL if name in record} | {"host": host}
            self._calls.move_to_end(key)
            gone = self._calls.popitem(last=False)[1] if len(self._calls) > MOST_CALLS else {}
            return [_program(gone)] if gone.get("args") else []
        if call is None:
            return []
        args = call.setdefault("args", {})
        if kind == "EXECVE":
            _gather(call, args, record)
            if call["records"] < MOST_RECORDS and not _is_whole(args):
                return []
        elif not args:
            return []
        del self._calls[key]
        return [_program(call)]

    def finish(self) -> list[Started]:
        """What still waits, at the end."""
        left = [_program(call) for call in self._calls.values() if call.get("args")]
        self._calls.clear()
        return left

    def state(self) -> list[list[Any]]:
        """The newest that wait, as plain data of a bounded size."""
        kept: list[list[Any]] = []
        room = MOST_STATE
        for key, call in reversed(self._calls.items()):
            room -= len(str(call))
            if room < 0:
                break
            kept.append([key, call])
        return kept[::-1]

    def restore(self, state: Iterable[Sequence[Any]]) -> None:
        self._calls = OrderedDict((str(key), dict(call)) for key, call in state)


def _short(value: Any) -> Any:
    return value[:LONGEST] if type(value) is str else value


def _gather(call: dict[str, Any], args: Data, record: Data) -> None:
    call["records"] = call.get("records", 0) + 1
    for name, value in record.items():
        if not _ARGUMENT.fullmatch(name):
            continue
        text = str(_short(value))
        call["size"] = call.get("size", 0) + len(text)
        if len(args) >= MOST_ARGUMENTS or call["size"] > MOST_TEXT:
            return
        args[name] = text


def _is_whole(args: Data) -> bool:
    """Whether all arguments that `argc` counts are there, each as long as it is told to be.

    The kernel tells the length as it writes it: twice that of the bytes where one of them has to be hexadecimal.
    """
    count = str(args.get("argc", ""))
    if not count.isdecimal() or len(count) > 6:
        return "argc" not in args
    for number in reversed(range(int(count))):
        name = f"a{number}"
        told = str(args.get(f"{name}_len", ""))
        if told and told.isdecimal():
            text = _joined(args, name)
            size = len(text.encode("utf-8", "replace")) * (2 if _CODED_TEXT.search(text) else 1)
            if size < int(told):
                return False
        elif name not in args:
            return False
    return True


def _joined(args: Data, name: str) -> str:
    """An argument that was split, from its beginning as far as it is there."""
    found: list[str] = []
    while (part := args.get(f"{name}[{len(found)}]")) is not None:
        found.append(str(part))
    return "".join(found)


def _program(call: dict[str, Any]) -> Started:
    args = call["args"]
    arguments: list[str] = []
    while len(arguments) < MOST_ARGUMENTS:
        name = f"a{len(arguments)}"
        text = _joined(args, name) if f"{name}[0]" in args else args.get(name)
        if text is None:
            break
        arguments.append(str(text))
    found: Data = {"Image": call.get("exe"), "CommandLine": " ".join(arguments)}
    found |= {"ProcessId": call.get("pid"), "ParentProcessId": call.get("ppid")}
    found |= {"User": call.get("UID", call.get("uid")), "audit_serial": call.get("audit_serial")}
    data = {name: value for name, value in found.items() if value not in (None, "")}
    return Started(data, epoch(call.get("audit_time")), call.get("host"))
