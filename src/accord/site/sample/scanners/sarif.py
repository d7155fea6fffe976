"""SARIF 2.1.0 of an invented code checker, one run per repository."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random

from accord.site.sample.company import INVENTED, sheet

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ENDINGS = {"java": "java", "js": "ts", "python": "py"}
FOLDERS = ("orders", "stock", "tours", "billing", "users", "reports", "common", "adapters")
WORDS = ("Controller", "Service", "Repository", "Mapper", "Client", "Handler", "Export", "Query")


def rules() -> list[dict[str, object]]:
    """The rules as the tool declares them."""
    return [
        {
            "id": row["rule"],
            "name": row["name"].title().replace(" ", ""),
            "shortDescription": {"text": row["name"]},
            "fullDescription": {"text": row["text"]},
            "help": {"text": row["remedy"]},
            "defaultConfiguration": {"level": row["level"]},
            "properties": {
                "security-severity": row["security_severity"],
                "tags": ["security", f"external/cwe/{row['cwe'].lower()}"],
            },
        }
        for row in sheet("code_rules")
    ]


def write(path: Path, uri: str, language: str, day: date, count: int, rng: Random) -> Path:
    """A run over the repository at `uri` with `count` results. Returns the path."""
    table = sheet("code_rules")
    weights = [int(row["share"]) * (3 if row["language"] == language else 1) for row in table]
    picked = rng.choices(range(len(table)), weights, k=count)
    run = {
        "tool": {
            "driver": {
                "name": "Codewarden (invented)",
                "semanticVersion": "3.2.1",
                "informationUri": "https://codewarden.example",
                "rules": rules(),
            }
        },
        "invocations": [{"executionSuccessful": True, "endTimeUtc": f"{day.isoformat()}T06:00:00Z"}],
        "versionControlProvenance": [
            {"repositoryUri": uri, "revisionId": sha256(uri.encode()).hexdigest()[:40], "branch": "main"}
        ],
        "columnKind": "utf16CodeUnits",
        "properties": {"note": INVENTED},
        "results": [_result(index, uri, language, rng) for index in picked],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def _result(index: int, uri: str, language: str, rng: Random) -> dict[str, object]:
    row = sheet("code_rules")[index]
    folder, word = rng.choice(FOLDERS), rng.choice(WORDS)
    place = f"src/{folder}/{folder.capitalize()}{word}.{ENDINGS[language]}"
    line = rng.randrange(8, 480)
    mark = sha256(f"{uri}{row['rule']}{place}{line}".encode()).hexdigest()[:32]
    return {
        "ruleId": row["rule"],
        "ruleIndex": index,
        "level": row["level"],
        "message": {"text": f"{row['text']} {row['remedy']}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": place, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": line, "startColumn": rng.randrange(1, 40)},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{mark}:1"},
    }
