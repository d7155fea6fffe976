"""Package URLs (the purl specification) from what tools write: an ecosystem, a name, a version."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

# The ecosystems of OSV and the package managers of scanners, lower case, with their purl type.
TYPES = {
    "alpine": "apk", "apk": "apk", "bower": "bower", "bundler": "gem", "cargo": "cargo", "cocoapods": "cocoapods",
    "composer": "composer", "conan": "conan", "conda": "conda", "crates.io": "cargo", "debian": "deb", "deb": "deb",
    "ubuntu": "deb", "dotnet": "nuget", "erlang": "hex", "gem": "gem", "github actions": "github",
    "actions": "github", "githubactions": "github", "go": "golang", "go modules": "golang", "golang": "golang",
    "gomodules": "golang", "govendor": "golang", "gradle": "maven", "hackage": "hackage", "hex": "hex",
    "java": "maven", "java-archive": "maven", "js": "npm", "javascript": "npm", "maven": "maven", "mix": "hex",
    "node": "npm", "nodejs": "npm", "npm": "npm", "nuget": "nuget", "packagist": "composer", "php": "composer",
    "pip": "pypi", "pipenv": "pypi", "pnpm": "npm", "poetry": "pypi", "pub": "pub", "pypi": "pypi", "python": "pypi",
    "red hat": "rpm", "rpm": "rpm", "ruby": "gem", "rubygems": "gem", "rust": "cargo", "sbt": "maven",
    "swift": "swift", "swifturl": "swift", "yarn": "npm",
}  # fmt: skip
DISTRIBUTIONS = {
    "alpine": "alpine", "debian": "debian", "ubuntu": "ubuntu", "amazonlinux": "amzn", "amzn": "amzn",
    "centos": "centos", "rhel": "redhat", "red hat": "redhat", "rocky": "rocky", "almalinux": "almalinux",
    "oracle": "oracle", "sles": "suse", "fedora": "fedora", "wolfi": "wolfi", "chainguard": "chainguard",
}  # fmt: skip
FILES = {
    "go.mod": "golang", "go.sum": "golang", "package-lock.json": "npm", "package.json": "npm", "yarn.lock": "npm",
    "pnpm-lock.yaml": "npm", "pipfile.lock": "pypi", "poetry.lock": "pypi", "uv.lock": "pypi", "pom.xml": "maven",
    "gemfile.lock": "gem", "cargo.lock": "cargo", "composer.lock": "composer", "packages.lock.json": "nuget",
}  # fmt: skip
_REQUIREMENTS = re.compile(r"requirements[^/]{0,60}\.(txt|in)\Z")
_KIND = {"apk", "deb", "rpm"}
_PYTHON_NAME = re.compile(r"[-_.]+")


def purl(ecosystem: object, name: str | None, version: str | None = None) -> str | None:
    """The package URL, or None where the ecosystem is not known. "Debian:11" and "sles:15.3" name a
    distribution; a Maven name is "group:artifact"."""
    if not isinstance(ecosystem, str) or not name or len(ecosystem) > 100:
        return None
    word, _, _ = ecosystem.strip().lower().partition(":")
    kind = TYPES.get(word) or ("rpm" if word in DISTRIBUTIONS else None)
    if kind is None:
        return None
    space, bare = "", name.strip().strip("/")
    if kind == "maven":
        space, _, bare = bare.rpartition(":")
    elif kind in _KIND:
        space = DISTRIBUTIONS.get(word, "")
        bare = bare.rpartition("/")[2]
    elif kind == "pypi":
        bare = _PYTHON_NAME.sub("-", bare).lower()
    elif "/" in bare:
        space, _, bare = bare.rpartition("/")
    if not bare:
        return None
    parts = [quote(part, safe=".-_~+") for part in space.split("/") if part]
    found = "/".join([f"pkg:{kind}", *parts, quote(bare, safe=".-_~+")])
    return f"{found}@{quote(version, safe='.-_~:+')}" if version else found


def ecosystem_of(path: str | None) -> str | None:
    """The ecosystem of a file that lists packages, by its name; None where that does not tell."""
    name = (path or "").replace("\\", "/").rpartition("/")[2].lower()
    return "pypi" if _REQUIREMENTS.search(name) else FILES.get(name)


def named(found: str) -> tuple[str, str | None]:
    """Name (with its namespace) and version inside a package URL; Maven as "group:artifact"."""
    bare = found.split("#", 1)[0].split("?", 1)[0].removeprefix("pkg:").strip("/")
    kind, _, rest = bare.partition("/")
    head, slash, last = rest.rpartition("/")
    last, at, version = last.rpartition("@") if "@" in last else (last, "", "")
    space = unquote(head)
    name = unquote(last)
    if slash and kind in _KIND:
        space = ""
    joint = ":" if kind == "maven" else "/"
    return (f"{space}{joint}{name}" if space else name), (unquote(version) if at else None)
