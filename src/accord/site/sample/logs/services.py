"""What cloud services and the network of the sample company write on ordinary days."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accord.site.sample.assets import CLOUD_ACCOUNT, TENANT
from accord.site.sample.company import DOMAIN
from accord.site.sample.logs.scene import OFFICE, STEADY, Scene, Who, iso

HOME = "SE"
CALLS = (
    ("ec2.amazonaws.com", "DescribeInstances"), ("s3.amazonaws.com", "GetBucketAcl"),
    ("sts.amazonaws.com", "AssumeRole"),
    ("rds.amazonaws.com", "DescribeDBInstances"), ("lambda.amazonaws.com", "ListFunctions20150331"),
    ("kms.amazonaws.com", "Decrypt"), ("logs.amazonaws.com", "CreateLogStream"),
)  # fmt: skip
ROLES = ("deploy-stock", "telemetry-reader", "portal-app", "backup-runner", "data-loader")
APPS = ("Frostgate", "Office 365 Exchange Online", "Dock booking", "Planning", "Expenses")
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)",
    "Mozilla/5.0 (X11; Linux x86_64)", "haulier-app/4.2",
)  # fmt: skip
PAGES = ("/", "/booking/slots", "/booking/new", "/track", "/api/v2/shipments", "/static/app.css", "/login", "/prices")


def sign_in(
    moment: datetime, user: str, address: str, country: str = HOME, result: str = "0", **more: Any
) -> dict[str, Any]:  # fmt: skip
    """A sign-in of Entra, as its diagnostic settings send it; result 0 = it ended well."""
    return {
        "TimeGenerated": iso(moment), "Type": "SigninLogs", "AADTenantId": TENANT,
        "UserPrincipalName": user, "IPAddress": address,
        "ResultType": result, "Location": country, "AppDisplayName": APPS[len(user) % len(APPS)],
        "ClientAppUsed": "Browser", "IsInteractive": True, **more,
    }  # fmt: skip


def call(moment: datetime, source: str, name: str, user: str, address: str, **more: Any) -> dict[str, Any]:
    """A call that CloudTrail kept."""
    kind = "user" if "." in user or user.startswith("svc") else "role"
    return {
        "eventVersion": "1.09", "eventTime": iso(moment), "awsRegion": "eu-north-1", "eventSource": source,
        "eventName": name, "sourceIPAddress": address, "recipientAccountId": CLOUD_ACCOUNT,
        "userIdentity": {
            "type": "IAMUser", "userName": user, "arn": f"arn:aws:iam::{CLOUD_ACCOUNT}:{kind}/{user}",
        },
        **more,
    }  # fmt: skip


def office(moment: datetime, user: str, operation: str, workload: str, thing: str, kind: int = 6) -> dict[str, Any]:
    """A record of the audit log of Microsoft 365."""
    return {
        "CreationTime": moment.strftime("%Y-%m-%dT%H:%M:%S"), "RecordType": kind, "Workload": workload,
        "Operation": operation, "OrganizationId": TENANT, "UserId": user, "ObjectId": thing,
    }  # fmt: skip


def document(place: str) -> str:
    return f"https://veldrana.sharepoint.example/sites/{place}"


def okta(
    moment: datetime, user: str, address: str, country: str, result: str = "SUCCESS", reason: str = ""
) -> dict[str, Any]:
    """A session of a customer's or carrier's user at Okta."""
    outcome = {"result": result, **({"reason": reason} if reason else {})}
    return {
        "published": iso(moment), "eventType": "user.session.start", "actor": {"type": "User", "alternateId": user},
        "client": {"ipAddress": address, "geographicalContext": {"country": country}}, "outcome": outcome,
    }  # fmt: skip


def connection(
    moment: datetime, source: str, target: str, port: int, state: str = "SF", sent: int = 5200
) -> dict[str, Any]:
    """A connection that Zeek saw."""
    return {
        "_path": "conn", "ts": round(moment.timestamp(), 6), "uid": f"C{moment.timestamp():.0f}{port}", "proto": "tcp",
        "id.orig_h": source, "id.orig_p": 49152 + int(moment.timestamp() * 7) % 16000, "id.resp_h": target,
        "id.resp_p": port, "conn_state": state, "orig_bytes": sent,
    }  # fmt: skip


def name_query(moment: datetime, source: str, name: str, kind: str = "A") -> dict[str, Any]:
    """A query of DNS that Zeek saw."""
    return {
        "_path": "dns", "ts": round(moment.timestamp(), 6), "uid": f"D{moment.timestamp():.0f}", "proto": "udp",
        "id.orig_h": source, "id.orig_p": 51000, "id.resp_h": "10.10.0.20", "id.resp_p": 53, "query": name,
        "qtype_name": kind,
    }  # fmt: skip


def access(moment: datetime, address: str, method: str, page: str, status: int, agent: str, size: int = 2048) -> str:
    """A line of NGINX's access log."""
    stamp = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{address} - - [{stamp}] "{method} {page} HTTP/1.1" {status} {size} "-" "{agent}"'


def entra(scene: Scene, source: str, a_day: int) -> None:
    rng = scene.rng
    for moment in scene.moments(a_day, OFFICE, 0.15):
        who = rng.choice(scene.people)
        result = "50126" if rng.random() < 0.03 else "0"
        needed = "multiFactorAuthentication" if rng.random() < 0.4 else "singleFactorAuthentication"
        event = sign_in(moment, who.email, _outer(who), result=result, AuthenticationRequirement=needed)
        scene.put(source, moment, event)


def _outer(who: Who) -> str:
    """The company's own exit by which a person's site reaches the Internet."""
    return "198.51.100.10" if who.address.startswith("10.30.") else "203.0.113.10"


def cloudtrail(scene: Scene, source: str, a_day: int) -> None:
    rng = scene.rng
    for moment in scene.moments(a_day, STEADY, 0.8):
        where, name = rng.choice(CALLS)
        scene.put(source, moment, call(moment, where, name, rng.choice(ROLES), "10.90.0.14"))


def m365(scene: Scene, source: str, a_day: int) -> None:
    rng = scene.rng
    for moment in scene.moments(a_day, OFFICE, 0.1):
        who = rng.choice(scene.people)
        operation = rng.choices(("FileAccessed", "FileModified", "FileDownloaded", "FileRenamed"), (6, 3, 1, 1))[0]
        file = f"{rng.choice(('sales', 'pharma', 'plant', 'finance'))}/doc-{rng.randrange(400):03d}.xlsx"
        scene.put(source, moment, office(moment, who.email, operation, "SharePoint", document(file)))


def partners(scene: Scene, source: str, a_day: int) -> None:
    rng = scene.rng
    for moment in scene.moments(a_day, OFFICE, 0.3):
        number = rng.randrange(60)
        user = f"dispatch{number:02d}@haulier{number % 9}.example"
        good = rng.random() > 0.05
        scene.put(source, moment, okta(
            moment, user, f"203.0.113.{100 + number}", ("Sweden", "Norway", "Finland")[number % 3],
            "SUCCESS" if good else "FAILURE", "" if good else "INVALID_CREDENTIALS",
        ))  # fmt: skip


def zeek(scene: Scene, source: str, a_day: int) -> None:
    rng = scene.rng
    inner = [one.addresses[0] for one in (*scene.windows[:40], *scene.linux[:40])]
    for moment in scene.moments(a_day, STEADY, 0.6):
        who, draw = rng.choice(scene.people), rng.random()
        if draw < 0.3:
            names = (
                f"{rng.choice(inner).replace('.', '-')}.int.{DOMAIN}",
                f"www.{DOMAIN}",
                "time.example",
                "mail.example",
            )
            event = name_query(moment, who.address, rng.choice(names))
        elif draw < 0.75:
            event = connection(moment, who.address, rng.choice(inner), rng.choice((443, 445, 1433, 8443)))
        else:
            event = connection(
                moment, who.address, f"203.0.113.{rng.randrange(120, 200)}", 443, sent=rng.randrange(2100, 90_000)
            )
        scene.put(source, moment, event)


def suricata(scene: Scene, source: str, a_day: int) -> None:
    rng = scene.rng
    for moment in scene.moments(a_day, STEADY, 0.7):
        who = rng.choice(scene.people)
        event: dict[str, Any] = {
            "timestamp": iso(moment), "flow_id": rng.randrange(10**12), "event_type": "flow", "proto": "TCP",
            "src_ip": who.address, "dest_ip": rng.choice(scene.windows).addresses[0], "dest_port": 443,
        }  # fmt: skip
        if rng.random() < 0.02:
            alert = {"signature_id": 2_200_000 + rng.randrange(4), "signature": "Invented: odd TLS greeting"}
            event |= {"event_type": "alert", "alert": {**alert, "category": "Misc activity", "severity": 3}}
        scene.put(source, moment, event)


def web(scene: Scene, source: str, a_day: int) -> None:
    rng = scene.rng
    for moment in scene.moments(a_day, OFFICE, 0.4):
        page = rng.choice(PAGES)
        status = 404 if rng.random() < 0.01 else 304 if page.startswith("/static") else 200
        line = access(moment, f"203.0.113.{rng.randrange(60, 250)}", "GET", page, status, rng.choice(AGENTS))
        scene.put(source, moment, line)
