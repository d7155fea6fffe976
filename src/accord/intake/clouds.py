"""What cloud providers' identifiers name: an account, a machine, an image, any other resource. Used by every reader
of reports on clouds, so that one thing has one identity whichever tool saw it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from accord.intake.records import Target, address
from accord.intake.safe import text as clean

_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]{0,20}):(?P<service>[a-z0-9-]{1,60}):(?P<region>[a-z0-9-]{0,30}):"
                  r"(?P<account>\d{0,20}|aws):(?P<rest>\S.{0,1000})")  # fmt: skip
_INSTANCE = re.compile(r"(?:instance/|:|^)(i-[0-9a-f]{8,17})$")
_ECR = re.compile(r"repository/(?P<name>[^:@]{1,300}?)(?:/|@|:)(?P<digest>sha256:[0-9a-f]{6,64})$")
_ACCOUNT = re.compile(r"\d{12}")
ACCOUNT_TYPES = frozenset(
    {"awsaccount", "aws_account", "account", "aws account", "azure subscription", "gcp account", "subscription"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resource:
    """What a report says of a resource: the provider's identifier of it (ARN, Azure path, GCP name), and around it."""

    uid: str | None
    name: str | None = None
    type: str | None = None
    account: str | None = None
    region: str | None = None
    provider: str | None = None


def account(number: object, provider: object = None, otherwise: str = "account") -> Target:
    """An account, subscription or project."""
    told = clean.line(number, 300) or otherwise
    scheme = f"{clean.line(provider, 30) or 'cloud'}-account".lower()
    if _ACCOUNT.fullmatch(told):
        scheme = "aws-account"
    return Target("account", told, identifiers=((scheme, told),))


def target(told: Resource, addresses: Iterable[object] = (), system: object = None) -> Target:
    """The target that a resource is: an EC2 instance is a host, an ECR image an image, the root of an account the
    account; everything else a cloud resource under its whole identifier."""
    uid = clean.line(told.uid, 1000)
    if uid is None or uid == told.account or (told.type or "").lower() in ACCOUNT_TYPES or _is_root(uid):
        named = _account_of(uid) if uid else None
        return account(told.account or named or uid or told.name, told.provider)
    known = [("arn", uid)] if uid.startswith("arn:") else []
    instance = _INSTANCE.search(uid)
    if instance:
        found = [one for given in addresses if isinstance(given, str) and (one := address(given))]
        return Target(
            "host", instance[1], addresses=tuple(dict.fromkeys(found))[:20],
            identifiers=(("aws-instance-id", instance[1]), *known), operating_system=clean.line(system, 200),
        )  # fmt: skip
    image = _ECR.search(uid)
    if image:
        return Target("image", image["name"], identifiers=(*known, ("image-digest", image["digest"])),
                      operating_system=clean.line(system, 200))  # fmt: skip
    if uid.startswith("arn:"):
        return Target("cloud_resource", uid, identifiers=tuple(known))
    if uid.lower().startswith("/subscriptions/"):
        return Target("cloud_resource", uid, identifiers=(("azure-resource-id", uid),))
    if uid.startswith("//") or "/" in uid:
        return Target("cloud_resource", uid)
    parts = (told.account, told.region, told.type, uid)
    return Target("cloud_resource", "/".join(part for part in parts if part))


def _is_root(uid: str) -> bool:
    found = _ARN.fullmatch(uid)
    return found is not None and (found["rest"] == "root" or (found["service"] == "iam" and found["rest"] == "account"))


def _account_of(uid: str) -> str | None:
    """The number inside "arn:aws:iam::123456789012:root" or "AWS::::Account:123456789012"."""
    found = _ACCOUNT.search(uid)
    return found[0] if found else None
