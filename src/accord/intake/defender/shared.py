"""What Microsoft Defender for Endpoint says of one vulnerable piece of software on one device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accord.intake.places import host
from accord.intake.records import Observation, Target
from accord.intake.report import Found, identifiers, severity
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable


def row(told: Mapping[str, Any], machines: Mapping[str, Target]) -> Iterator[Found]:
    """One row under any of the names that the API, advanced hunting and the portal use; names in lower case."""

    def get(*names: str) -> Any:
        return next((told[name] for name in names if told.get(name) not in (None, "")), None)

    cve = clean.line(get("cveid", "vulnerabilityid", "cve id", "cve"), 100)
    if cve is None:
        raise Unreadable("cveId", "A row names no vulnerability.")
    device = clean.line(get("machineid", "deviceid", "device id"), 100)
    target = machines.get(device or "") or host(
        get("devicename", "computerdnsname", "device name"),
        get("lastipaddress", "ipaddress"),
        identifiers=(("defender-device", device),),
        system=get("osplatform", "os platform"),
    )
    if target is None:
        raise Unreadable("machineId", "A row names no device.")
    yield target
    vendor, product = (
        clean.line(get(*names), 200)
        for names in (("productvendor", "softwarevendor", "vendor"), ("productname", "softwarename", "software"))
    )
    component = " ".join(one for one in (vendor, product) if one) or None
    update = clean.line(get("recommendedsecurityupdate", "fixingkbid", "recommendedsecurityupdateid"), 300)
    paths = identifiers(_listed(get("diskpaths")), _listed(get("registrypaths")))
    yield Observation(
        target=target.identity,
        definition_id=cve,
        title=f"{cve} in {component}" if component else cve,
        kind="vulnerability",
        check="defender:vulnerabilities",
        severity=severity(get("severity", "vulnerabilityseveritylevel", "severitylevel")),
        cvss_score=clean.score(get("cvssscore", "cvssv3", "cvss")),
        component=component,
        component_version=clean.line(get("productversion", "softwareversion", "version"), 200),
        solution=f"Security update {update}" if update else None,
        evidence=clean.text("\n".join(paths), 20_000),
        references=clean.urls([get("recommendedsecurityupdateurl")], 5),
        seen_at=clean.when(get("lastseentimestamp", "lastseen", "timestamp", "eventtimestamp")),
        needs_credentials=True,
    )


def machine(told: Mapping[str, Any]) -> tuple[str, Target] | None:
    """A machine of the API by its identifier; None where it has none."""
    name = clean.line(told.get("id"), 100)
    if name is None:
        return None
    listed = [clean.mapping(one) for one in clean.listing(told.get("ipAddresses"))[:50]]
    target = host(
        told.get("computerDnsName"),
        told.get("lastIpAddress"),
        *(one.get("ipAddress") for one in listed),
        macs=[_mac(one.get("macAddress")) for one in listed],
        identifiers=(
            ("azure-vm-id", clean.mapping(told.get("vmMetadata")).get("vmId")),
            ("defender-device", name),
        ),
        system=" ".join(one for key in ("osPlatform", "version") if (one := clean.line(told.get(key), 100))) or None,
    )
    return (name, target) if target else None


def _mac(told: object) -> object:
    return told.replace("-", ":") if isinstance(told, str) else None


def _listed(told: object) -> list[str]:
    """A list, or the text of one as the portal's CSV writes it."""
    if isinstance(told, str):
        return [part.strip(" \"'[]") for part in told[:20_000].split(",") if part.strip(" \"'[]")]
    return [one for one in told[:100] if isinstance(one, str)] if isinstance(told, list) else []
