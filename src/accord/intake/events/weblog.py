"""Web servers: access logs in the common and the combined format (NGINX, Apache and many others, with the virtual
host before or after), and the error logs of NGINX and Apache.

Fields are those of Sigma's webserver rules: c-ip, cs-username, cs-method, cs-uri (as asked for), cs-uri-stem,
cs-uri-query (the query, and also what was asked for as a whole, since most rules look for paths there), cs-version,
sc-status, sc-bytes, cs-referer (and cs-referrer), cs-user-agent (and c-useragent), cs-host, c-uri. What follows the
user agent is kept as `rest`. A name that someone logs on with may hold blanks. An access log does not tell which
server wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from accord.intake.events.base import Assumed, Data, LogSource, Read, Refused
from accord.intake.events.times import MONTHS, offset, parts

ACCESS = LogSource(None, "webserver")
NGINX = LogSource("nginx", "webserver", "nginx")
APACHE = LogSource("apache", "webserver", "apache")
_ACCESS = re.compile(
    r"(?:(?P<host>[\w.\-]{1,255}(?::\d{1,5})?) (?!- ))?"
    r"(?P<ip>[0-9A-Fa-f.:]{2,45}(?:, ?[0-9A-Fa-f.:]{2,45}){0,30}|unix:|[\w.\-]{1,255}) "
    r"(?P<ident>\S{1,255}) (?P<user>\S{1,255}|.{0,1024}?) "
    r"\[(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d) "
    r"(?P<zone>[+-]\d{4})\] "
    r"\"(?P<request>(?:[^\"\\]++|\\.)*+)\" (?P<status>\d{3}|-) (?P<bytes>\d{1,18}|-)"
    r"(?: \"(?P<referer>(?:[^\"\\]++|\\.)*+)\" \"(?P<agent>(?:[^\"\\]++|\\.)*+)\")?(?P<rest>.*)",
    re.DOTALL,
)
_NGINX = re.compile(
    r"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d) \[(\w{1,20})\] (\d{1,10})#(\d{1,10}): (?:\*(\d{1,20}) )?(.*)",
    re.DOTALL,
)
_APACHE = re.compile(
    r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))? (\d{4})\] "
    r"\[([\w\-]{0,40}:?\w{1,20})\] (.*)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)")


class Access:
    """One line of an access log."""

    @staticmethod
    def recognizes(line: str) -> bool:
        return _ACCESS.match(line) is not None

    @staticmethod
    def read(line: str, assumed: Assumed, note: Callable[[str], None]) -> Read:
        found = _ACCESS.match(line)
        if found is None:
            raise Refused("It is no line of the common or combined access log.")
        addresses = found["ip"].replace(" ", "").split(",")
        data: Data = {"c-ip": addresses if len(addresses) > 1 else addresses[0]}
        _put(data, found["user"].strip('"'), "cs-username")
        _put(data, found["host"], "cs-host")
        _request(data, _unescaped(found["request"]))
        for name in ("status", "bytes"):
            if found[name] != "-":
                data[f"sc-{name}"] = int(found[name])
        _put(data, _unescaped(found["referer"] or "-"), "cs-referer", "cs-referrer")
        _put(data, _unescaped(found["agent"] or "-"), "cs-user-agent", "c-useragent")
        _put(data, found["rest"].strip(), "rest")
        month = MONTHS.get(found["month"].lower(), 0)
        clock = (int(found["year"]), month, *map(int, found.group("day", "h", "m", "s")))
        moment = parts(clock, "", offset(found["zone"]))
        return Read(data, ACCESS, moment)


def _put(data: Data, value: str | None, *names: str) -> None:
    if value and value != "-":
        data.update(dict.fromkeys(names, value))


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda one: chr(int(one[1][1:], 16)) if len(one[1]) == 3 else one[1], text)


def _request(data: Data, request: str) -> None:
    """`GET /a?b=c HTTP/1.1`; what is none is the URI as a whole, so that rules still see it."""
    method, _, rest = request.partition(" ")
    if not rest:
        _put(data, request, "cs-uri", "c-uri", "cs-uri-stem")
        return
    uri, _, version = rest.rpartition(" ")
    if not uri or not version.startswith("HTTP/"):
        uri, version = rest, ""
    data["cs-method"] = method
    _put(data, uri, "cs-uri", "c-uri")
    stem, mark, query = uri.partition("?")
    data["cs-uri-stem"] = stem
    # Most of Sigma's webserver rules look for paths in cs-uri-query, as if it were what was asked for.
    data["cs-uri-query"] = [query, uri] if mark else uri
    _put(data, version, "cs-version")


class NginxError:
    """One line of NGINX's error log."""

    @staticmethod
    def recognizes(line: str) -> bool:
        return _NGINX.match(line) is not None

    @staticmethod
    def read(line: str, assumed: Assumed, note: Callable[[str], None]) -> Read:
        found = _NGINX.match(line)
        if found is None:
            raise Refused("It is no line of NGINX's error log.")
        data: Data = {"level": found[7], "pid": int(found[8]), "message": found[11]}
        client = re.search(r", client: ([0-9A-Fa-f.:]{2,45})", found[11])
        _put(data, client[1] if client else None, "c-ip")
        if assumed.zone is None:
            note("NGINX error log: times tell no zone and are open (--zone sets one).")
        return Read(data, NGINX, parts(map(int, found.group(1, 2, 3, 4, 5, 6)), "", assumed.zone))


class ApacheError:
    """One line of Apache's error log."""

    @staticmethod
    def recognizes(line: str) -> bool:
        return _APACHE.match(line) is not None

    @staticmethod
    def read(line: str, assumed: Assumed, note: Callable[[str], None]) -> Read:
        found = _APACHE.match(line)
        if found is None:
            raise Refused("It is no line of Apache's error log.")
        data: Data = {"level": found[8].rpartition(":")[2], "message": found[9]}
        client = re.search(r"\[client ([0-9.]{7,15}|[0-9A-Fa-f.:]{2,45}?)(?::\d{1,5})?\]", found[9])
        _put(data, client[1] if client else None, "c-ip")
        if assumed.zone is None:
            note("Apache error log: times tell no zone and are open (--zone sets one).")
        month = MONTHS.get(found[1].lower(), 0)
        moment = parts((int(found[7]), month, *map(int, found.group(2, 3, 4, 5))), found[6] or "", assumed.zone)
        return Read(data, APACHE, moment)
