"""Syslog files and streams: RFC 5424, and RFC 3164 as daemons write it (with or without priority; also with ISO
times, without a machine, or with nothing but a priority), with CEF, audit records, lines of web servers, and JSON of
a log that is known (Suricata over syslog, say) inside read as such.

Fields: facility, severity, hostname, program (app-name), pid, msgid, message, and each parameter of structured data
by its name (and as `element.name`). Lines of sudo carry TTY, PWD, USER and COMMAND. The program gives Sigma's
service: sshd, sudo, cron, auth (login, su), clamav, vsftpd, guacamole; else syslog. Cisco's messages
(%FACILITY-n-NAME) are of Cisco. A time of RFC 3164 has no year and no zone; it is open unless both are given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from accord.intake.events.auditd import Auditd, from_kernel
from accord.intake.events.base import Assumed, Data, LogSource, Read, Refused
from accord.intake.events.cef import Cef
from accord.intake.events.times import MONTHS, iso, parts
from accord.intake.events.weblog import Access, ApacheError, NginxError

Note = Callable[[str], None]
_NEW = re.compile(r"<(\d{1,3})>(\d{1,2}) (\S{1,64}) (\S{1,255}) (\S{1,255}) (\S{1,128}) (\S{1,64}) ?", re.DOTALL)
_DAY = r"(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2})(?: (?P<year>\d{4}))? "
_ZONES = r"(?: (?P<zone>UTC|GMT|[A-Z]{3,5}))?"
_CLOCK = r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d{1,9}))?"
_OLD = re.compile(
    rf"(?:<(?P<pri>\d{{1,3}})>)?(?:{_DAY}{_CLOCK}(?: (?P<after>\d{{4}}))?"
    r"|(?P<iso>\d{4}-\d\d-\d\d(?(pri)[T ]|T)\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)) "
    r"(?:(?P<host>[\w.:\-\[\]]{0,254}[\w.\-\]]) |(?=[\w./\-()@+]{1,128}(?:\[\d{1,12}\])?: ))",
)
_BARE = re.compile(r"<(?P<pri>\d{1,3})>(?=\S)")
_TAG = re.compile(r"([\w./\-()@+]{1,128}?)(?:\[(\d{1,12})\])?: ?")
_CISCO = re.compile(r"(?:: ?)?%([A-Z][A-Z0-9_\-]{1,40}?)(?:-[a-z]{2,20})?-(\d)-([A-Z0-9_]{1,60}):")
_CISCO_LINE = re.compile(
    r"(?:<(?P<pri>\d{1,3})>)?:?(?:(?P<host>[\w.:\-]{1,255}) )??(?:\d{1,12}: )?(?:(?P<origin>[\w.\-]{1,255}): )?"
    rf"(?:[*.]?{_DAY}{_CLOCK}{_ZONES}: )?(?=%[A-Z][A-Z0-9_\-]{{1,40}}(?:-[a-z]{{2,20}})?-\d-[A-Z0-9_]{{1,60}}:)"
)
_PARAMETER = re.compile(r'([^\s="\]]{1,100})="((?:[^"\\]++|\\.)*+)"')
_ELEMENT = re.compile(r'\[([^\s="\]]{1,100})((?: [^\s="\]]{1,100}="(?:[^"\\]++|\\.)*+")*) ?\]')
_SUDO = re.compile(r"(TTY|PWD|USER|GROUP|ENV|COMMAND)=(.*?)(?= ; |$)", re.DOTALL)
SERVICES = {
    "sshd": "sshd", "sshd-session": "sshd", "sudo": "sudo", "cron": "cron", "crond": "cron", "login": "auth",
    "su": "auth", "systemd-logind": "auth", "clamd": "clamav", "freshclam": "clamav", "vsftpd": "vsftpd",
    "guacd": "guacamole",
}  # fmt: skip
WEB = ("nginx", "httpd", "apache", "apache2")
LINUX = {name: LogSource("linux", None, name) for name in {*SERVICES.values(), "syslog"}}
CISCO = {name: LogSource("cisco", None, name) for name in ("aaa", "bgp", "ldp", "syslog")}


class Syslog:
    """One line of syslog."""

    @staticmethod
    def recognizes(line: str) -> bool:
        return bool(_OLD.match(line) or _NEW.match(line) or _CISCO_LINE.match(line) or _BARE.match(line))

    @staticmethod
    def read(line: str, assumed: Assumed, note: Note) -> Read:
        new = _NEW.match(line)
        if new is not None and new[2] != "0":
            return _new(line, new, assumed, note)
        old = _OLD.match(line)
        if old is not None:
            return _old(line, old, assumed, note)
        cisco = _CISCO_LINE.match(line)
        if cisco is not None:
            data = _priority({}, cisco["pri"])
            _put(data, "hostname", cisco["host"] or cisco["origin"])
            if cisco["zone"] in ("UTC", "GMT"):
                assumed = Assumed(assumed.year, UTC)
            moment = _clock(cisco, cisco["year"], assumed, note) if cisco["month"] else None
            return _message(data, line[cisco.end() :], moment, assumed, note)
        bare = _BARE.match(line)
        if bare is not None:  # RFC 3164, section 4.3.3: a relay takes what has no more than a priority
            return _message(_priority({}, bare["pri"]), line[bare.end() :], None, assumed, note)
        raise Refused("It is no line of syslog (RFC 5424 or RFC 3164).")


def _put(data: Data, name: str, value: str | None) -> None:
    if value and value != "-":
        data[name] = value


def _priority(data: Data, text: str | None) -> Data:
    if text is not None and int(text) < 192:
        data["facility"], data["severity"] = divmod(int(text), 8)
    return data


def _new(line: str, head: re.Match[str], assumed: Assumed, note: Note) -> Read:
    """RFC 5424, section 6."""
    data = _priority({}, head[1])
    for name, group in (("hostname", 4), ("program", 5), ("pid", 6), ("msgid", 7)):
        _put(data, name, head[group])
    place = head.end()
    if line.startswith("-", place):
        place += 1
    else:
        while (found := _ELEMENT.match(line, place)) is not None:
            for name, value in _PARAMETER.findall(found[2]):
                value = re.sub(r'\\(["\\\]])', r"\1", value)
                data.setdefault(name, value)
                data[f"{found[1]}.{name}"] = value
            place = found.end()
    text = line[place:].removeprefix(" ").removeprefix("\ufeff")
    moment = iso(head[3], assumed.zone)
    return _message(data, text, moment, assumed, note, tagged=False)


def _old(line: str, head: re.Match[str], assumed: Assumed, note: Note) -> Read:
    data = _priority({}, head["pri"])
    _put(data, "hostname", head["host"])
    if head["iso"]:
        moment = iso(head["iso"], assumed.zone)
        if moment is None:
            note("Syslog: a time without a zone is open (--zone sets one).")
    else:
        moment = _clock(head, head["year"] or head["after"], assumed, note)
    return _message(data, line[head.end() :], moment, assumed, note)


def _clock(head: re.Match[str], told: str | None, assumed: Assumed, note: Note) -> datetime | None:
    year = int(told) if told else assumed.year
    if year is None:
        note("Syslog (RFC 3164): times tell no year and are open (--year and --zone set them).")
        return None
    if assumed.zone is None:
        note("Syslog (RFC 3164): times tell no zone and are open (--zone sets one).")
        return None
    month = MONTHS.get(head["month"].lower(), 0)
    return parts((year, month, *map(int, head.group("day", "h", "m", "s"))), head["f"] or "", assumed.zone)


def _message(data: Data, text: str, moment: datetime | None, assumed: Assumed, note: Note, tagged: bool = True) -> Read:
    """What a line says after its head."""
    host = data.get("hostname")
    if Cef.recognizes(text):
        return _inside(Cef.read(text, assumed, note), moment, host)
    tag = _TAG.match(text) if tagged else None
    if tag is not None and not text.startswith("%"):
        _put(data, "program", tag[1])
        _put(data, "pid", tag[2])
        text = text[tag.end() :]
    program = str(data.get("program", "")).rpartition("/")[2].lower()
    if program in ("audispd", "audit", "auditd", "kernel", "audisp-syslog") and "audit(" in text[:160]:
        inner = from_kernel(text)
        if Auditd.recognizes(inner):
            return _inside(Auditd.read(inner, assumed, note), moment, host)
    if program in WEB or '] "' in text:
        web = next((one for one in (Access, NginxError, ApacheError) if one.recognizes(text)), None)
        if web is not None:
            return _inside(web.read(text, assumed, note), moment, host)
    data["message"] = text
    cisco = _CISCO.match(text)
    if cisco is not None:
        data["message"] = text.removeprefix(":").lstrip()
        data.update({"cisco_facility": cisco[1], "cisco_mnemonic": cisco[3]})
        return Read(data, CISCO[_cisco(cisco[1], cisco[3])], moment, host)
    if program == "sudo":
        for name, value in _SUDO.findall(text):
            data.setdefault(name, value)
    return Read(data, LINUX[SERVICES.get(program, "syslog")], moment, host)


def _cisco(facility: str, mnemonic: str) -> str:
    if mnemonic == "CFGLOG_LOGGEDCMD" or facility in ("AAA", "AAAA"):
        return "aaa"
    return facility.lower() if facility in ("BGP", "LDP") else "syslog"


def _inside(read: Read, moment: datetime | None, host: str | None) -> Read:
    read.time = read.time or moment
    read.host = read.host or host
    return read
