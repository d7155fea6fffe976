"""Which kinds of log the kinds of assets should send, and to which kind a log belongs by Sigma's words for it."""

from __future__ import annotations

from typing import NamedTuple

from accord.estate.models import Asset

Log = tuple[str, str, str]


class Kind(NamedTuple):
    """A kind of log, in words."""

    name: str
    label: str


SYSTEM = Kind("system", "Operating system log")
ACCESS = Kind("access", "Access log of the web server or application")
CLOUD = Kind("cloud", "Audit log of the cloud")
SIGN_IN = Kind("sign_in", "Sign-in log")
NETWORK = Kind("network", "Network log")
CODE = Kind("code", "Audit log of the code host")
EXPECTED: dict[str, tuple[Kind, ...]] = {
    Asset.AssetKind.HOST: (SYSTEM,),
    Asset.AssetKind.APPLICATION: (ACCESS,),
    Asset.AssetKind.CLOUD: (CLOUD,),
    Asset.AssetKind.ACCOUNT: (SIGN_IN,),
    Asset.AssetKind.DEVICE: (NETWORK,),
    Asset.AssetKind.REPOSITORY: (CODE,),
}
"""By kind of asset. An image runs as a host or an application and sends nothing by itself."""
NAMELESS = frozenset({Asset.AssetKind.CLOUD.value, Asset.AssetKind.ACCOUNT.value, Asset.AssetKind.REPOSITORY.value})
"""Kinds of assets that their logs do not name as a host."""
PRODUCTS = {
    "windows": SYSTEM, "linux": SYSTEM, "macos": SYSTEM, "aws": CLOUD, "azure": CLOUD, "gcp": CLOUD,
    "okta": SIGN_IN, "onelogin": SIGN_IN, "m365": CLOUD, "google_workspace": CLOUD, "zeek": NETWORK,
    "suricata": NETWORK, "cisco": NETWORK, "fortigate": NETWORK, "paloalto": NETWORK, "juniper": NETWORK,
    "huawei": NETWORK, "github": CODE, "gitlab": CODE, "bitbucket": CODE, "nginx": ACCESS, "apache": ACCESS,
}  # fmt: skip
CATEGORIES = {
    "webserver": ACCESS, "proxy": NETWORK, "firewall": NETWORK, "dns": NETWORK, "application": ACCESS,
}  # fmt: skip
SERVICES = {"signinlogs": SIGN_IN, "riskdetection": SIGN_IN, "okta": SIGN_IN, "auditlogs": SIGN_IN}


def kinds_of(log: Log) -> set[str]:
    """The kinds to which a log belongs; none where Sigma's words do not tell."""
    product, category, service = (part.lower() for part in log)
    named = (PRODUCTS.get(product), CATEGORIES.get(category), SERVICES.get(service))
    return {kind.name for kind in named if kind is not None}
