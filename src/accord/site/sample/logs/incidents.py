"""What happens to the sample company in the fourteen days of its logs, and what its analysts found of it.

Every part of the story is found by a rule of Accord's own pack. Attackers come from 192.0.2.0/24.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from accord.site.sample.assets import TENANT
from accord.site.sample.company import INSIDE
from accord.site.sample.logs import machines, services
from accord.site.sample.logs.scene import STRANGERS, Scene, inside, iso
from accord.site.sample.logs.services import document

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BACKUP = "svc-backup"
SCANNER = "10.10.4.77"
UNKNOWN = f"lab-probe-07.{INSIDE}"
"""A machine that writes logs and is in nobody's list of assets."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What an analyst found of the alerts of one rule: those older than `older` hours, `minutes` each.

    `verdict` "" leaves the alert in triage. `most` bounds how many of them were judged, the oldest first.
    """

    rule: str
    verdict: str
    minutes: float
    note: str
    older: float = 30.0
    most: int = 99
    escalated: bool = False


JUDGED = (
    Judged("accord_entra_password_spraying", "true", 40, "No account of these signed in. Address blocked at the edge."),
    Judged(
        "accord_entra_two_countries", "benign", 9, "Travelling with the company's own telephone; confirmed by call."
    ),
    Judged("accord_entra_guessing", "false", 5, "A telephone that keeps an old password."),
    Judged("accord_windows_guessing", "false", 4, "The backup service with its old password, as every morning."),
    Judged("accord_windows_many_hosts", "benign", 6, "The weekly inventory by the vulnerability scanner."),
    Judged("accord_windows_admin_then_cleared", "true", 95, "Machine isolated, account disabled.", escalated=True),
    Judged("accord_zeek_port_sweep", "benign", 5, "The vulnerability scanner, by plan."),
    Judged("accord_zeek_dns_tunnel", "false", 22, "The reputation service of the antivirus product."),
    Judged("accord_zeek_admin_shares", "benign", 8, "Distribution of software by the client team."),
    Judged("accord_web_enumeration", "false", 3, "A search engine after the new design of the site."),
    Judged("accord_web_guessing", "true", 16, "Address blocked; no sign-in succeeded."),
    Judged("accord_aws_probing", "benign", 10, "The posture scanner has its rights cut too small."),
    Judged("accord_aws_back_door", "", 18, "Key disabled; who made it is being asked."),
    Judged("accord_linux_sudo_guessed", "false", 4, "Heavy fingers; asked the person."),
    Judged("accord_linux_looking_around_burst", "benign", 6, "The inventory script of the platform team."),
    Judged("accord_okta_two_countries", "false", 7, "A haulier's users share one exit abroad."),
)


def tell(scene: Scene) -> None:
    """Write the whole story into the sources."""
    for part in (
        _spraying, _travel, _old_passwords, _worn_down, _new_admin, _scanner, _software, _reputation, _beacon,
        _web_shell, _web_noise, _cloud_key, _posture, _linux, _partners, _unknown_host, _malformed,
    ):  # fmt: skip
        part(scene)


def _each(start: datetime, step: timedelta, count: int) -> Iterator[tuple[datetime, int]]:
    return ((start + step * number, number) for number in range(count))


def _spraying(scene: Scene) -> None:
    for days, hour, last, count in ((12, 3, 44, 27), (4, 22, 51, 22)):
        people = scene.people[days : days + count]

        start = scene.at(days, hour, 10)
        for moment, number in _each(start, 31 * SECOND, count):
            event = services.sign_in(moment, people[number].email, f"{STRANGERS}.{last}", "ZZ", "50126")
            scene.put("entra", moment, event)


def _travel(scene: Scene) -> None:
    for place, (days, hour, country) in enumerate(
        ((11, 9, "DK"), (8, 15, "NO"), (6, 11, "DK"), (3, 17, "DE"), (1, 8, "BR"), (0, 6, "VN"))
    ):
        who, start = scene.people[30 + place * 3], scene.at(days, hour, 5)
        given = {"AuthenticationRequirement": "multiFactorAuthentication"}
        scene.put("entra", start, services.sign_in(start, who.email, "198.51.100.10", **given))
        later = start + 26 * MINUTE
        scene.put("entra", later, services.sign_in(later, who.email, f"{STRANGERS}.{120 + place}", country, **given))
    who, start = scene.people[90], scene.at(2, 14, 20)
    for number in range(3):
        moment = start + number * 9 * MINUTE
        scene.put("entra", moment, {
            "TimeGenerated": iso(moment), "Type": "AuditLogs", "AADTenantId": TENANT,
            "OperationName": "Consent to application",
            "ActivityDisplayName": "Consent to application", "Category": "ApplicationManagement", "Result": "success",
            "InitiatedBy": {"user": {"userPrincipalName": who.email}},
            "TargetResources": [{"type": "ServicePrincipal", "displayName": f"Invented mail helper {number + 1}"}],
        })  # fmt: skip


def _old_passwords(scene: Scene) -> None:
    """A backup service and a few telephones that nobody told the new password."""
    where = scene.controllers[0].hostnames[0]
    source = scene.windows[5].addresses[0]
    for days in range(13, -1, -1):
        for moment, _ in _each(scene.at(days, 5, 30), 20 * SECOND, 12):
            scene.put("controllers", moment, machines.logon(moment, where, BACKUP, source, number=4625))
    for days, place in ((13, 60), (9, 64), (5, 60), (1, 71)):
        who = scene.people[place]
        for moment, _ in _each(scene.at(days, 7, 15), 25 * SECOND, 14):
            scene.put("entra", moment, services.sign_in(moment, who.email, "203.0.113.10", result="50126"))


def _worn_down(scene: Scene) -> None:
    """Last evening: a second factor asked for until it was given, then the mailbox and the files of that account."""
    who, start, address = scene.people[12], scene.at(1, 21, 40), f"{STRANGERS}.66"
    for moment, _ in _each(start, 45 * SECOND, 7):
        scene.put("entra", moment, services.sign_in(moment, who.email, address, "SE", "500121"))
    given = start + 8 * MINUTE
    needed = {"AuthenticationRequirement": "multiFactorAuthentication"}
    scene.put("entra", given, services.sign_in(given, who.email, address, "SE", **needed))
    rule = given + 11 * MINUTE
    scene.put("m365", rule, services.office(rule, who.email, "New-InboxRule", "Exchange", "Rules\\.", 1))
    for moment, number in _each(rule + 3 * MINUTE, 40 * SECOND, 6):
        scene.put("m365", moment, services.office(moment, who.email, "HardDelete", "Exchange", f"item-{number}", 2))
    for moment, number in _each(rule + 9 * MINUTE, 9 * SECOND, 120):
        file = document(f"pharma/lane-{number:03d}.pdf")
        scene.put("m365", moment, services.office(moment, who.email, "FileDownloaded", "SharePoint", file))


def _new_admin(scene: Scene) -> None:
    host, start = scene.windows[11].hostnames[0], scene.at(5, 23, 15)
    write = machines.security
    for minutes, event in (
        (0, write(4720, start, host, TargetUserName="helpdesk2", SubjectUserName="adm-frost")),
        (2, write(4732, start + 2 * MINUTE, host, TargetUserName="Administrators", TargetSid="S-1-5-32-544",
                  SubjectUserName="adm-frost")),
        (41, {**write(1102, start + 41 * MINUTE, host, SubjectUserName="helpdesk2"),
              "Provider_Name": "Microsoft-Windows-Eventlog"}),
    ):  # fmt: skip
        scene.put("servers", start + minutes * MINUTE, event)


def _scanner(scene: Scene) -> None:
    """The vulnerability scanner, each week by plan: one port on many machines, and its account on many."""
    for days in (8, 1):
        start = scene.at(days, 1, 0)
        for moment, number in _each(start, 3 * SECOND, 70):
            target = f"10.10.3.{number + 20}"
            scene.put("zeek", moment, services.connection(moment, SCANNER, target, 3389, "S0", 0))
        for moment, number in _each(start + 10 * MINUTE, 25 * SECOND, 18):
            where = scene.windows[number].hostnames[0]
            scene.put("servers", moment, machines.logon(moment, where, "svc-scan", SCANNER))


def _software(scene: Scene) -> None:
    for moment, number in _each(scene.at(10, 20, 0), 40 * SECOND, 12):
        target = scene.clients[number]
        event = services.connection(moment, "10.10.0.41", target.addresses[0], 445)
        share = {"_path": "smb_mapping", "path": f"\\\\{target.name}\\ADMIN$", "share_type": "DISK"}
        scene.put("zeek", moment, {**event, **share})


def _reputation(scene: Scene) -> None:
    host = scene.clients[44].addresses[0]
    for moment, number in _each(scene.at(7, 10, 30), 4 * SECOND, 130):
        name = f"{number:04x}" + "9f2c" * 8 + ".rep.antivirus.example"
        scene.put("zeek", moment, services.name_query(moment, host, name))


def _beacon(scene: Scene) -> None:
    host = scene.clients[61].addresses[0]
    for moment, _ in _each(scene.at(0, 3, 0), 50 * SECOND, 200):
        scene.put("zeek", moment, services.connection(moment, host, f"{STRANGERS}.77", 443, sent=412))


def _web_shell(scene: Scene) -> None:
    """Yesterday: many pages tried on the booking portal, then data sent to a script that nobody wrote."""
    start, address = scene.at(1, 13, 20), f"{STRANGERS}.99"
    for moment, number in _each(start, 1.2 * SECOND, 80):
        page = f"/old/{number:02d}/admin.php"
        scene.put("web", moment, services.access(moment, address, "GET", page, 404, "invented-scan/1.0", 153))
    for number in range(6):
        moment, portal = start + number * 9 * SECOND, scene.webs[0].addresses[0]
        told = {"signature_id": 2_300_000 + number, "signature": f"Invented: attempt {number + 1} on a web application"}
        scene.put("suricata", moment, {
            "timestamp": iso(moment), "flow_id": 77 + number, "event_type": "alert", "src_ip": address, "proto": "TCP",
            "dest_ip": portal, "dest_port": 443,
            "alert": {**told, "category": "Web Application Attack", "severity": 2},
        })  # fmt: skip
    moment = start + 24 * MINUTE
    scene.put(
        "web", moment, services.access(moment, address, "POST", "/upload/slots.php", 200, "invented-scan/1.0", 31)
    )


def _web_noise(scene: Scene) -> None:
    for days, last in ((11, 201), (9, 202), (6, 203)):
        for moment, number in _each(scene.at(days, 4, 0), 1.5 * SECOND, 60):
            page, agent = f"/2019/news-{number}.html", "invented-search-engine/2"
            scene.put("web", moment, services.access(moment, f"{STRANGERS}.{last}", "GET", page, 404, agent))
    for moment, _ in _each(scene.at(3, 2, 40), 6 * SECOND, 30):
        scene.put("web", moment, services.access(moment, f"{STRANGERS}.58", "POST", "/login", 401, "python-requests/2"))


def _cloud_key(scene: Scene) -> None:
    start, user, address = scene.at(2, 4, 5), scene.people[33].key, f"{STRANGERS}.140"
    for minutes, name, asked in (
        (0, "CreateUser", {"userName": "metrics-sync"}),
        (3, "CreateAccessKey", {"userName": "metrics-sync"}),
        (7, "AttachUserPolicy", {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ):  # fmt: skip
        moment = start + minutes * MINUTE
        scene.put("cloudtrail", moment, services.call(
            moment, "iam.amazonaws.com", name, user, address, requestParameters=asked))  # fmt: skip


def _posture(scene: Scene) -> None:
    for moment, number in _each(scene.at(8, 12, 0), 8 * SECOND, 22):
        name = f"GetInvented{number:02d}"
        event = services.call(moment, "iam.amazonaws.com", name, "svc-posture", "10.90.0.14", errorCode="AccessDenied")
        scene.put("cloudtrail", moment, event)


def _linux(scene: Scene) -> None:
    node, who = scene.linux[3].hostnames[0], scene.people[18]
    asked = {"op": "PAM:authentication", "acct": who.key, "exe": "/usr/bin/sudo", "addr": "?"}
    for number, result in enumerate(("failed", "failed", "failed", "success")):
        moment = scene.at(4, 16, 30) + number * 20 * SECOND
        scene.put("linux", moment, machines.user_record(moment, node, "USER_AUTH", 910 + number, **asked, res=result))
    names = ("whoami", "id", "uname", "hostname", "ps", "ss", "lscpu")
    for number, name in enumerate(names):
        moment = scene.at(6, 2, 15) + number * 6 * SECOND
        told = f'arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=99 auid=1017 uid=0 ses=77 comm="{name}" '
        told += f'exe="/usr/bin/{name}" key="exec"'
        scene.put(
            "linux", moment, machines.audit(moment, node, "SYSCALL", told, 950 + number, "SYSCALL=execve UID=root")
        )
    node, address, start = scene.webs[0].hostnames[0], f"{STRANGERS}.23", scene.at(0, 5, 20)
    login = {"op": "login", "exe": "/usr/sbin/sshd", "addr": address}
    for number in range(26):
        moment = start + number * 14 * SECOND
        result, more = ("success", {"id": "1004"}) if number == 25 else ("failed", {"acct": "deploy"})
        scene.put("linux", moment, machines.user_record(
            moment, node, "USER_LOGIN", 970 + number, **login, **more, res=result))  # fmt: skip


def _partners(scene: Scene) -> None:
    user, start = "dispatch07@haulier7.example", scene.at(9, 8, 0)
    for minutes, country in ((0, "Norway"), (21, "Poland")):
        moment = start + minutes * MINUTE
        scene.put("partners", moment, services.okta(moment, user, f"203.0.113.{110 + minutes}", country))


def _unknown_host(scene: Scene) -> None:
    start = scene.at(3, 9, 0)
    program = (r"C:\Windows\System32\cmd.exe", "cmd.exe /c ver", r"C:\Windows\explorer.exe")
    for moment, number in _each(start, 95 * MINUTE, 46):
        scene.put("servers", moment, machines.process(moment, UNKNOWN, "lab", program, 4000 + number))


def _malformed(scene: Scene) -> None:
    """Lines that were cut on their way."""
    for source, count, text in (
        ("web", 14, '203.0.113.77 - - [31/Foo/2026:99:00'),
        ("suricata", 9, '{"timestamp": "2026-11-'),
        ("linux", 6, f"node={inside('ska-esb-01')} type=USER_LOGIN msg=audit("),
    ):  # fmt: skip
        for number in range(count):
            scene.put(source, scene.at(number % 13, 12, number), text)
