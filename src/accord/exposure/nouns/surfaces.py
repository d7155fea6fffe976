"""The table nouns of attack surfaces, safeguards and tests of security."""

from __future__ import annotations

from collections.abc import Iterable

from accord.core.nouns import Column, Noun, Row, register
from accord.core.values import Kind
from accord.estate.models import Asset, System
from accord.exposure.models import Safeguard, SecurityTest, Surface
from accord.exposure.models.surfaces import EVIDENCED
from accord.organization.nouns import KEY, NAME

SURFACES = tuple((value, str(label)) for value, label in Surface.choices)
SAFEGUARDS = tuple((value, str(label)) for value, label in Safeguard.choices)
SOURCE = Column("source", help="The tool or list that says so.")
AS_OF = Column("as_of", Kind.DATE, label="As of")


def _covered_in_number(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["covered"] is not None and row["covered"] < 0:
        yield "covered", f"{row['covered']} is below 0.", "Count those that have the safeguard."


def _in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["starts"] and row["ends"] and row["ends"] < row["starts"]:
        yield "ends", f"{row['ends']} is before the test starts ({row['starts']}).", "Correct one of the dates."
    if row["state"] == SecurityTest.TestState.DONE and not row["ends"]:
        yield "ends", "A test that is done has a last day.", "Give the day on which it ended."
    if row["retest_of"] and row["retest_of"] == row["key"]:
        yield "retest_of", "A test cannot be its own retest.", "Name the test whose findings it looks at again."


ASSET_SURFACE = Noun(
    "asset_surface", "asset_surfaces", "exposure.AssetSurface",
    (
        Column("asset", Kind.REF, noun="asset", key=True, required=True, back="Surface, as said"),
        Column("surface", Kind.CHOICE, required=True, choices=SURFACES),
        Column("reason"),
    ),
    title="asset", order=60,
    description="The kind of attack surface that an asset belongs to, where the rule by its kind is wrong.",
)  # fmt: skip
SURFACE_INVENTORY = Noun(
    "surface_inventory", "surface_inventories", "exposure.SurfaceInventory",
    (
        KEY,
        NAME,
        Column("surface", Kind.CHOICE, required=True, choices=SURFACES),
        Column("number", Kind.INT, minimum=0, help="How many there are; blank = nobody has counted them."),
        SOURCE,
        AS_OF,
    ),
    order=61,
    description="What of a surface assets do not list one by one: accounts, mailboxes, suppliers, phones.",
)  # fmt: skip
INVENTORY_COVERAGE = Noun(
    "inventory_coverage", "inventory_coverages", "exposure.InventoryCoverage",
    (
        Column("inventory", Kind.REF, noun="surface_inventory", key=True, required=True, back="Safeguards"),
        Column("safeguard", Kind.CHOICE, key=True, required=True, choices=SAFEGUARDS),
        Column("covered", Kind.INT, minimum=0, help="How many have it; blank = unknown."),
        SOURCE,
        AS_OF,
    ),
    title="inventory", row_checks=(_covered_in_number,), order=62,
    description="How many of an inventory have a safeguard that they should have.",
)  # fmt: skip
SAFEGUARD_RULE = Noun(
    "safeguard_rule", "safeguard_rules", "exposure.SafeguardRule",
    (
        KEY,
        Column("safeguard", Kind.CHOICE, required=True, choices=SAFEGUARDS),
        Column("required", Kind.BOOL, required=True, help="Whether assets that fit should have it."),
        Column("surface", Kind.CHOICE, choices=SURFACES, blank="any"),
        Column("environment", Kind.CHOICE, choices=tuple(Asset.Environment.choices), blank="any"),
        Column("reach", Kind.CHOICE, choices=tuple(System.Reach.choices), label="Exposed to", blank="anyone",
               help="The widest exposure of the systems on the asset."),
        Column("criticality", Kind.CHOICE, choices=tuple(System.Criticality.choices), blank="any",
               help="The highest of the systems on the asset."),
        Column("within_days", Kind.INT, minimum=1, unit="days", blank="of any age",
               help="Evidence that is older counts as unknown; a scan that is older as none."),
        Column("source", max_length=100, blank="any tool",
               help="Only what this tool says counts: a scanner by the beginning of its name, a source of evidence."),
    ),
    title="key", order=63,
    description="Which assets should have a safeguard; the rule with the most conditions decides. A safeguard without "
    "any rule follows Accord's own.",
)  # fmt: skip
SAFEGUARD_EVIDENCE = Noun(
    "safeguard_evidence", "safeguard_evidences", "exposure.SafeguardEvidence",
    (
        Column("asset", Kind.REF, noun="asset", key=True, required=True, back="Evidence of safeguards"),
        Column("safeguard", Kind.CHOICE, key=True, required=True, choices=EVIDENCED),
        Column("source", key=True, required=True, max_length=100, help="The tool whose export says so."),
        Column("present", Kind.BOOL, required=True),
        Column("seen", Kind.DATE, required=True, help="The day on which the source saw it so."),
        Column("note"),
    ),
    title="asset", order=64,
    description="A source says that an asset has a safeguard on a day, or that it has not.",
)  # fmt: skip
SECURITY_TEST = Noun(
    "security_test", "security_tests", "exposure.SecurityTest",
    (
        KEY,
        NAME,
        Column("kind", Kind.CHOICE, required=True, choices=tuple(SecurityTest.Kind.choices)),
        Column("state", Kind.CHOICE, required=True, choices=tuple(SecurityTest.TestState.choices)),
        Column("plan", Kind.LONG, help="What is to be found out, and what is out of bounds."),
        Column("method", max_length=500, help="Such as OWASP WSTG, PTES, TIBER-EU, NIST SP 800-115."),
        Column("tester", help="Who tests: a team or a company."),
        Column("owner", Kind.REF, noun="person", back="Security tests"),
        Column("starts", Kind.DATE),
        Column("ends", Kind.DATE),
        Column("outcome", Kind.LONG),
        Column("retest_of", Kind.REF, noun="security_test", back="Retests"),
    ),
    row_checks=(_in_order,), tree="retest_of", order=65,
    description="Penetration tests, red team exercises, tabletops, reviews and scan campaigns.",
)  # fmt: skip
SECURITY_TEST_SYSTEM = Noun(
    "security_test_system", "security_test_systems", "exposure.SecurityTestSystem",
    (
        Column("test", Kind.REF, noun="security_test", key=True, required=True, back="Systems in scope"),
        Column("system", Kind.REF, noun="system", key=True, required=True, back="Tests of its security"),
    ),
    title="test", order=66, description="Which systems are in the scope of a test.",
)  # fmt: skip
SECURITY_TEST_SURFACE = Noun(
    "security_test_surface", "security_test_surfaces", "exposure.SecurityTestSurface",
    (
        Column("test", Kind.REF, noun="security_test", key=True, required=True, back="Surfaces in scope"),
        Column("surface", Kind.CHOICE, key=True, required=True, choices=SURFACES),
    ),
    title="test", order=67, description="Which kinds of surface are in the scope of a test.",
)  # fmt: skip
SECURITY_TEST_RULE = Noun(
    "security_test_rule", "security_test_rules", "exposure.SecurityTestRule",
    (
        KEY,
        Column("surface", Kind.CHOICE, choices=SURFACES, blank="no surface: systems"),
        Column("criticality", Kind.CHOICE, choices=tuple(System.Criticality.choices), blank="any",
               help="Of the systems that are to be tested; only where no surface is named."),
        Column("kind", Kind.CHOICE, choices=tuple(SecurityTest.Kind.choices), blank="any kind of test"),
        Column("within_days", Kind.INT, required=True, minimum=1, unit="days"),
    ),
    title="key", order=68, description="How often surfaces and systems are to be tested.",
)  # fmt: skip
NOUNS = (
    ASSET_SURFACE, SURFACE_INVENTORY, INVENTORY_COVERAGE, SAFEGUARD_RULE, SAFEGUARD_EVIDENCE, SECURITY_TEST,
    SECURITY_TEST_SYSTEM, SECURITY_TEST_SURFACE, SECURITY_TEST_RULE,
)  # fmt: skip


def declare() -> None:
    register(*NOUNS)
