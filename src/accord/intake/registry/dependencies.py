"""Formats of tools that look at packages, images and their dependencies."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_trivy(seen: Sniff) -> bool:
    keys = seen.keys
    if "Target" in seen.first and seen.first & {
        "Type",
        "Class",
        "Vulnerabilities",
        "Misconfigurations",
        "Secrets",
    }:
        return True
    if "ClusterName" in keys and keys.keys() & {
        "Resources",
        "Vulnerabilities",
        "Misconfigurations",
        "Findings",
    }:
        return True
    return keys.keys() >= {"SchemaVersion", "ArtifactName"} or keys.keys() >= {"ArtifactName", "Results"}


FORMATS: tuple[Format, ...] = (Format("trivy", "Trivy JSON", (".json",), "accord.intake.trivy", _is_trivy),)
