"""Formats of network and vulnerability scanners."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_nessus(seen: Sniff) -> bool:
    return seen.root == "NessusClientData_v2"


def _is_nmap(seen: Sniff) -> bool:
    return seen.root == "nmaprun"


FORMATS: tuple[Format, ...] = (
    Format("nessus", "Nessus XML version 2", (".nessus", ".xml"), "accord.intake.nessus", _is_nessus),
    Format("nmap", "Nmap XML", (".xml",), "accord.intake.nmap", _is_nmap),
)
