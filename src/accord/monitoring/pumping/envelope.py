"""Who and where, by the fields that each log tells it in.

For each log source the names in order of preference; the first that holds something counts. A name with dots is looked
for as it stands and then as a path. What is no value in its log ("-", an unset audit user) does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any

from accord.intake.events import Event
from accord.monitoring.pumping.fields import LONGEST, first, text

MOST_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Names:
    """The fields of one kind of log that tell who acted, from where and to where, and on which machine.

    `sensor`: what wrote it stands beside the wire and saw others; it is not the machine that the event is about.
    """

    user: tuple[str, ...] = ()
    src: tuple[str, ...] = ()
    dst: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    sensor: bool = False


GENERIC = Names(
    ("user.name", "user", "username", "UserName", "User", "userName", "suser", "account", "actor"),
    ("source.ip", "src_ip", "srcip", "src", "SourceIp", "client_ip", "clientip", "c-ip", "remote_addr", "ip"),
    ("destination.ip", "dst_ip", "dest_ip", "dstip", "dst", "DestinationIp", "server_ip", "s-ip"),
    ("host.name", "host.hostname", "hostname", "host", "computer", "device"),
)
LOGS: dict[tuple[str | None, str | None, str | None], Names] = {
    ("windows", None, None): Names(
        ("User", "SubjectUserName", "TargetUserName", "AccountName", "UserName", "UserID", "SourceUser"),
        ("IpAddress", "SourceIp", "SourceAddress", "ClientAddress", "Source Network Address"),
        ("DestinationIp", "DestAddress", "DestinationAddress"),
        ("Computer",),
    ),
    ("linux", None, "auditd"): Names(
        ("acct", "AUID", "UID", "auid", "uid"), ("addr",), ("laddr", "raddr"), ("node",),
    ),
    ("linux", None, None): Names(("User", "TargetUserName", "user"), ("addr",), (), ("hostname", "node", "Computer")),
    ("aws", None, None): Names(
        ("userIdentity.userName", "userIdentity.sessionContext.sessionIssuer.userName", "userIdentity.arn",
         "userIdentity.principalId", "userIdentity.invokedBy", "userIdentity.type"),
        ("sourceIPAddress",),
    ),
    ("azure", None, None): Names(
        ("userPrincipalName", "UserPrincipalName", "initiatedBy.user.userPrincipalName", "caller", "Caller",
         "initiatedBy.app.displayName", "servicePrincipalName", "appDisplayName"),
        ("ipAddress", "IPAddress", "callerIpAddress", "CallerIpAddress", "initiatedBy.user.ipAddress"),
        (), ("deviceDetail.displayName", "DeviceDetail.displayName"),
    ),
    ("m365", None, None): Names(
        ("UserId", "UserKey"), ("ClientIP", "ActorIpAddress", "ClientIPAddress", "SenderIp"), (), (),
    ),
    ("okta", None, None): Names(
        ("actor.alternateId", "actor.displayName"), ("client.ipAddress", "request.ipChain.ip"), (), (),
    ),
    ("zeek", None, None): Names(
        ("username", "user", "client"), ("id.orig_h", "src_ip", "src", "tx_hosts"),
        ("id.resp_h", "dst_ip", "dst", "rx_hosts"), sensor=True,
    ),
    ("suricata", None, None): Names((), ("src_ip",), ("dest_ip", "dst_ip"), sensor=True),
    (None, "webserver", None): Names(
        ("cs-username",), ("c-ip",), ("s-ip",), ("s-computername", "cs-host"),
    ),
    (None, "proxy", None): Names(("cs-username", "username"), ("c-ip", "src_ip"), ("r-ip", "dst_ip"), ()),
    ("cisco", None, None): Names((), (), (), ("hostname",)),
}  # fmt: skip
"""By product, category and service; the most specific row counts."""
FORMATS = {
    "cef": Names(
        ("suser", "duser", "suid"), ("src", "sourceAddress", "c6a2"), ("dst", "destinationAddress", "c6a3"),
        ("dvchost", "dvc", "shost", "hostname"),
    ),
}  # fmt: skip
LOGONS = frozenset(("4624", "4625", "4648", "4768", "4769", "4770", "4771", "4776", "4777", "4740", "4767"))
"""Windows events about a sign-in, whose user is the one who signs in."""
LOGON = Names(("TargetUserName", "User", "SubjectUserName"), ("IpAddress", "SourceIp"), (), ("Computer", "Workstation"))


def names_of(event: Event) -> Names:
    """The fields that tell the envelope of this kind of event."""
    product, category, service = event.source
    if product == "windows" and str(event.data.get("EventID")) in LOGONS:
        return LOGON
    found = FORMATS.get(event.format)
    if found is None:
        for key in (
            (product, category, service), (product, None, service), (product, category, None), (product, None, None),
            (None, category, None),
        ):  # fmt: skip
            found = LOGS.get(key)
            if found is not None:
                break
    return found or GENERIC


class Envelopes:
    """Reads who and where of events; remembers addresses. Not for several threads at once."""

    def __init__(self) -> None:
        self._addresses: dict[str, str | None] = {}
        self._names: dict[Any, Names] = {}

    def names(self, event: Event) -> Names:
        """As `names_of`, remembered."""
        number = event.data.get("EventID") if event.source.product == "windows" else None
        key = (event.format, event.source, number if type(number) in (int, str) else None)
        found = self._names.get(key)
        if found is None:
            if len(self._names) > MOST_REMEMBERED:
                self._names.clear()
            found = self._names[key] = names_of(event)
        return found

    def of(self, event: Event) -> tuple[str | None, str | None, str | None, str | None]:
        """Host, user, source address and destination address; None where the event tells none."""
        names, data = self.names(event), event.data
        host = None if names.sensor else text(event.host) or first(data, names.host, text)
        return (
            host, first(data, names.user, text), first(data, names.src, self.address),
            first(data, names.dst, self.address),
        )  # fmt: skip

    def address(self, value: Any) -> str | None:
        """An address in its normal form, also out of one with a port; None where the value is none."""
        if type(value) is not str:
            return None
        try:
            return self._addresses[value]
        except KeyError:
            if len(self._addresses) > MOST_REMEMBERED:
                self._addresses.clear()
            found = normal(value)
            if len(value) <= LONGEST:
                self._addresses[value] = found
            return found


def normal(text: str) -> str | None:
    """The normal form of an address: no port, no brackets, no zone, IPv4 within IPv6 as IPv4."""
    text = text.strip()
    if not 2 < len(text) <= 80:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found)
