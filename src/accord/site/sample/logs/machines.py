"""What Windows and Linux machines of the sample company write on ordinary days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accord.site.sample.logs.scene import OFFICE, STEADY, Scene, iso

SECURITY = "Microsoft-Windows-Security-Auditing"
SYSMON = "Microsoft-Windows-Sysmon"
PROGRAMS = (
    (r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE", "OUTLOOK.EXE", r"C:\Windows\explorer.exe"),
    (r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE", 'EXCEL.EXE "plan.xlsx"', r"C:\Windows\explorer.exe"),
    (r"C:\Program Files\Google\Chrome\Application\chrome.exe", "chrome.exe", r"C:\Windows\explorer.exe"),
    (r"C:\Program Files\Frostgate\Client\fgclient.exe", "fgclient.exe /site SKA", r"C:\Windows\explorer.exe"),
    (r"C:\Windows\System32\svchost.exe", "svchost.exe -k netsvcs -p", r"C:\Windows\System32\services.exe"),
    (r"C:\Windows\System32\taskhostw.exe", "taskhostw.exe", r"C:\Windows\System32\svchost.exe"),
    (r"C:\Windows\System32\conhost.exe", "conhost.exe 0xffffffff -ForceV1", r"C:\Windows\System32\cmd.exe"),
)
SERVED = (
    (r"C:\Windows\System32\svchost.exe", "svchost.exe -k LocalService", r"C:\Windows\System32\services.exe"),
    (r"C:\Program Files\Backup\agent.exe", "agent.exe --job nightly", r"C:\Windows\System32\services.exe"),
    (r"C:\Windows\System32\inetsrv\w3wp.exe", "w3wp.exe -ap stock", r"C:\Windows\System32\svchost.exe"),
    (r"D:\Frostgate\bin\fgbatch.exe", "fgbatch.exe /close-of-day", r"C:\Windows\System32\taskhostw.exe"),
    (r"C:\Windows\System32\wbem\WmiPrvSE.exe", "wmiprvse.exe -secured", r"C:\Windows\System32\svchost.exe"),
)
COMMANDS = (
    ("/usr/bin/rsync", "rsync", ("rsync", "-a", "/srv/data/", "backup:/srv/data/")),
    ("/usr/bin/python3.11", "python3", ("python3", "/opt/frost/bin/collect.py")),
    ("/usr/bin/find", "find", ("find", "/var/log", "-mtime", "+14", "-delete")),
    ("/usr/sbin/logrotate", "logrotate", ("logrotate", "/etc/logrotate.conf")),
    ("/usr/bin/systemctl", "systemctl", ("systemctl", "is-active", "frostgate")),
    ("/usr/bin/curl", "curl", ("curl", "-fsS", "http://127.0.0.1:8080/health")),
)


def security(number: int, moment: datetime, computer: str, **fields: Any) -> dict[str, Any]:
    """One event of the Security log, as agents flatten it."""
    return {
        "TimeCreated": iso(moment), "EventID": number, "Channel": "Security", "Provider_Name": SECURITY,
        "Computer": computer, **fields,
    }  # fmt: skip


def logon(
    moment: datetime, computer: str, user: str, address: str, kind: int = 3, number: int = 4624
) -> dict[str, Any]:
    """A logon that succeeded (4624) or failed (4625)."""
    return security(
        number, moment, computer, TargetUserName=user, TargetDomainName="VELDRANA", IpAddress=address,
        LogonType=str(kind), AuthenticationPackageName="Kerberos" if number == 4624 else "NTLM",
    )  # fmt: skip


def process(moment: datetime, computer: str, user: str, program: tuple[str, str, str], number: int) -> dict[str, Any]:
    """Sysmon's creation of a process."""
    image, line, parent = program
    return {
        "TimeCreated": iso(moment), "EventID": 1, "Channel": f"{SYSMON}/Operational", "Provider_Name": SYSMON,
        "Computer": computer, "Image": image, "CommandLine": line, "ParentImage": parent, "ProcessId": number,
        "User": f"VELDRANA\\{user}", "IntegrityLevel": "Medium",
    }  # fmt: skip


def audit(moment: datetime, node: str, kind: str, text: str, serial: int, enriched: str = "") -> str:
    """One record of the audit daemon."""
    stamp = f"{moment.timestamp():.3f}"
    return f"node={node} type={kind} msg=audit({stamp}:{serial}): {text}" + (f"\x1d{enriched}" if enriched else "")


def user_record(moment: datetime, node: str, kind: str, serial: int, **fields: str) -> str:
    """A record of a program that speaks to the audit daemon, such as sudo or sshd."""
    told = " ".join(
        f'{name}="{text}"' if name in ("acct", "exe") else f"{name}={text}" for name, text in fields.items()
    )
    return audit(moment, node, kind, f"pid={serial % 9000 + 300} uid=0 auid=1001 ses=3 msg='{told}'", serial)


def controllers(scene: Scene, source: str, a_day: int) -> None:
    """Logons, tickets and the odd mistyped password, as the domain controllers see them."""
    rng = scene.rng
    for moment in scene.moments(a_day, OFFICE, 0.25):
        who, where = rng.choice(scene.people), rng.choice(scene.controllers).hostnames[0]
        draw = rng.random()
        if draw < 0.5:
            event = logon(moment, where, who.key, who.address)
        elif draw < 0.93:
            server = rng.choice(scene.windows).name
            event = security(
                4769, moment, where, TargetUserName=f"{who.key}@VELDRANA", ServiceName=f"{server}$",
                TicketEncryptionType="0x12", Status="0x0", IpAddress=who.address,
            )  # fmt: skip
        elif draw < 0.98:
            event = logon(moment, where, who.key, who.address, number=4625)
        else:
            event = security(4634, moment, where, TargetUserName=who.key, LogonType="3")
        scene.put(source, moment, event)


def servers(scene: Scene, source: str, a_day: int) -> None:
    """Services and batch work of Windows servers, by Sysmon."""
    rng = scene.rng
    for moment in scene.moments(a_day, STEADY, 0.8):
        host = rng.choice(scene.windows[:60])
        event: Mapping[str, Any] = process(
            moment, host.hostnames[0], "SYSTEM", rng.choice(SERVED), rng.randrange(900, 9000)
        )
        if rng.random() < 0.12:
            who = rng.choice(scene.people[:40])
            event = logon(moment, host.hostnames[0], who.key, who.address, 10)
        scene.put(source, moment, event)


def clients(scene: Scene, source: str, a_day: int) -> None:
    """Programs that people start, by Sysmon."""
    rng = scene.rng
    for moment in scene.moments(a_day, OFFICE, 0.1):
        who = rng.choice(scene.people)
        scene.put(source, moment, process(moment, who.host, who.key, rng.choice(PROGRAMS), rng.randrange(1000, 20000)))


def linux(scene: Scene, source: str, a_day: int) -> None:
    """Programs, logins and sudo on Linux servers, by the audit daemon."""
    rng, serial = scene.rng, 100_000
    for moment in scene.moments(a_day, STEADY, 0.7):
        serial += 1
        node, draw = rng.choice(scene.linux[:50]).hostnames[0], rng.random()
        if draw < 0.44:
            image, name, words = rng.choice(COMMANDS)
            call = (
                f"arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid={serial % 30000} auid=4294967295 uid=0 ses=1 "
            )
            call += f'comm="{name}" exe="{image}" key="exec"'
            scene.put(source, moment, audit(moment, node, "SYSCALL", call, serial, "SYSCALL=execve UID=root"))
            told = " ".join(f'a{place}="{word}"' for place, word in enumerate(words))
            scene.put(source, moment, audit(moment, node, "EXECVE", f"argc={len(words)} {told}", serial))
            continue
        who = rng.choice(scene.people[:25])
        if draw < 0.7:
            fields = {"op": "login", "id": "1001", "exe": "/usr/sbin/sshd", "addr": who.address, "res": "success"}
            scene.put(source, moment, user_record(moment, node, "USER_LOGIN", serial, **fields))
        else:
            fields = {"op": "PAM:authentication", "acct": who.key, "exe": "/usr/bin/sudo", "addr": "?"}
            result = "failed" if rng.random() < 0.06 else "success"
            scene.put(source, moment, user_record(moment, node, "USER_AUTH", serial, **fields, res=result))
