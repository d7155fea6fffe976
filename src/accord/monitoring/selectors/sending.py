"""How to send to a source: lines for the configuration of senders, to be copied."""

from __future__ import annotations

from dataclasses import dataclass

from accord.monitoring.models import Source

TOKEN = "TOKEN"


@dataclass(frozen=True, slots=True)
class Example:
    """One way to send: what for, where it is written, the lines."""

    title: str
    place: str
    lines: str


def examples(source: Source, host: str, origin: str, token: str = "") -> list[Example]:
    """The examples for a source: `host` is this machine's name, `origin` the address of its pages."""
    if source.kind == Source.Kind.SYSLOG:
        return _syslog(str(source.settings.get("transport", "tls")), int(source.settings.get("port", 6514)), host)
    if source.kind == Source.Kind.HTTP:
        return _http(origin, token or TOKEN)
    if source.kind == Source.Kind.UPLOAD:
        return [Example("Command line", "on this machine", f"accord collect --once --source '{source.name}' PATH…\n")]
    return []


def _syslog(transport: str, port: int, host: str) -> list[Example]:
    found = [Example("rsyslog", "/etc/rsyslog.d/90-accord.conf", _rsyslog(transport, port, host))]
    if transport.startswith("relp"):
        return found
    mode, tls = ("udp", "") if transport == "udp" else ("tls", "") if transport == "tls" else ("tcp", "")
    if transport == "tls":
        tls = "    tls            On\n    tls.ca_file    /etc/accord/accord.pem\n"
    output = (
        f"[OUTPUT]\n    Name           syslog\n    Match          *\n    Host           {host}\n"
        f"    Port           {port}\n    Mode           {mode}\n    Syslog_Format  rfc5424\n"
        f"    Syslog_Message_Key  log\n{tls}"
    )
    windows = (
        "[INPUT]\n    Name           winevtlog\n    Channels       Security,System,Application,"
        "Microsoft-Windows-Sysmon/Operational,Microsoft-Windows-PowerShell/Operational\n"
        "    DB             C:\\ProgramData\\accord\\winevt.sqlite\n    Use_ANSI       false\n\n"
    )
    tcp = (
        f"[OUTPUT]\n    Name           tcp\n    Match          *\n    Host           {host}\n"
        f"    Port           {port}\n    Format         json_lines\n{tls}"
    )
    found.append(Example("Fluent Bit, on Linux", "fluent-bit.conf", output))
    if transport != "udp":
        found.append(Example("Windows, by Fluent Bit", "fluent-bit.conf", windows + tcp))
    return found


def _rsyslog(transport: str, port: int, host: str) -> str:
    queue = (
        '  queue.type="LinkedList" queue.filename="accord" queue.maxDiskSpace="1g" queue.saveOnShutdown="on"\n'
        '  action.resumeRetryCount="-1"'
    )
    if transport.startswith("relp"):
        tls = (
            '\n  tls="on" tls.caCert="/etc/accord/accord.pem" tls.authMode="name" '
            f'tls.permittedPeer=["{host}"]\n'
            '  tls.myCert="/etc/accord/own.pem" tls.myPrivKey="/etc/accord/own.key"' if transport == "relp-tls" else ""
        )  # fmt: skip
        note = "# own.pem: a certificate of the sender itself; without one omrelp stays anonymous.\n" if tls else ""
        return (
            f'{note}module(load="omrelp")\naction(type="omrelp" target="{host}" port="{port}"{tls}\n{queue})\n'
        )  # fmt: skip
    if transport == "udp":
        return (
            f'action(type="omfwd" target="{host}" port="{port}" protocol="udp"\n'
            '  template="RSYSLOG_SyslogProtocol23Format")\n'
        )
    tls = (
        '\n  StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" '
        f'StreamDriverPermittedPeers="{host}"' if transport == "tls" else ""
    )  # fmt: skip
    ca = 'global(DefaultNetstreamDriverCAFile="/etc/accord/accord.pem")\n' if transport == "tls" else ""
    framing = ' TCP_Framing="octet-counted"'
    return (
        f'{ca}action(type="omfwd" target="{host}" port="{port}" protocol="tcp"{framing}{tls}\n'
        f'  template="RSYSLOG_SyslogProtocol23Format"\n{queue})\n'
    )


def _http(origin: str, token: str) -> list[Example]:
    host = origin.split("://")[-1]
    name, _, port = host.partition(":")
    secure = origin.startswith("https")
    return [
        Example(
            "curl: lines or JSON", "a shell",
            f"curl -X POST {origin}/collect/ \\\n  -H 'Authorization: Bearer {token}' \\\n"
            "  -H 'Idempotency-Key: 2026-01-31-part-1' \\\n  --data-binary @events.jsonl\n",
        ),
        Example(
            "Fluent Bit", "fluent-bit.conf",
            f"[OUTPUT]\n    Name           http\n    Match          *\n    Host           {name}\n"
            f"    Port           {port or (443 if secure else 80)}\n    URI            /collect/\n"
            f"    Format         json_lines\n    Compress       gzip\n    Header         Authorization Bearer {token}\n"
            + ("    tls            On\n" if secure else ""),
        ),
        Example(
            "What speaks to Splunk", "its configuration",
            f"URL    {origin}/services/collector/event\nToken  {token}\n",
        ),
    ]  # fmt: skip
