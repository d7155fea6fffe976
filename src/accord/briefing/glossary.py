"""The words of the field, what they mean, and the plain words for them in a brief (docs/glossary.md shows them)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Term(NamedTuple):
    """A term, its meaning in one sentence, and what to write instead for a board; "" = it needs no other word."""

    name: str
    meaning: str
    plain: str = ""


TERMS = (
    Term("acceptance", "Findings that both executives leave open until a day, with what that costs."),
    Term("advisory", "A notice to staff about a weakness in a system that they use.", "notice"),
    Term("alignment", "How much of the goals' weight reaches systems through capabilities.", "support for goals"),
    Term("API", "The interface through which programs use Accord.", "interface for programs"),
    Term("appetite", "The curve of the loss that both executives accept for a year."),
    Term("asset", "A host, repository, account, cloud resource, image, device or application instance."),
    Term("attack surface", "All that an attacker can reach.", "what can be attacked"),
    Term("attack vector", "The way by which an attack enters.", "way in"),
    Term("base rate", "How often something happens to organizations of a kind, from a named source.", "usual rate"),
    Term("break-even day", "The day after which waiting has cost as much as acting.", "day of equal cost"),
    Term("Brier score", "Mean squared distance of stated chances from what came; 0 is perfect.", "score of chances"),
    Term("business continuity", "Keeping the work going during and after a disruption.", "keeping work going"),
    Term(
        "calibration",
        "How well a person's stated chances and ranges agree with what turns out.",
        "reliability of estimates",
    ),
    Term("capability", "What the organization must be able to do to reach its goals."),
    Term("capex", "Money for things that are used for several years.", "investment"),
    Term("CMDB", "The list of systems and assets that IT keeps.", "list of systems"),
    Term("compensating control", "A safeguard that lowers a risk while its cause is left open.", "stand-in safeguard"),
    Term("confidence interval", "The range in which a figure lies with a stated chance.", "range"),
    Term("control", "A safeguard that makes a scenario rarer or less costly.", "safeguard"),
    Term("criticality", "How much the organization needs a system.", "importance"),
    Term("CRPS", "How far a forecast distribution was from what came, in money; 0 is perfect.", "score of a forecast"),
    Term("CVE", "The public number of one known weakness in a product.", "known weakness"),
    Term("CVSS", "A public rating of how grave a weakness is, from 0 to 10.", "rating of gravity"),
    Term("DDoS", "An attack that floods a service until it stops.", "attack by flooding"),
    Term("decision", "A plan, policy, exception or delay that both executives signed."),
    Term("dissent", "An executive's recorded disagreement with a decision, or with a point of it."),
    Term("drop", "An executive's demand that an initiative is in no plan."),
    Term("EDR", "Software that watches computers for attacks.", "watch on computers"),
    Term("end of support", "The day after which a maker repairs no more faults."),
    Term("endpoint", "A computer, phone or other device at the edge of a network.", "computer or phone"),
    Term("EPSS", "An estimate of the chance that a weakness is attacked within 30 days.", "chance of attack"),
    Term("exceedance curve", "For each amount, the chance that a year costs more.", "loss curve"),
    Term("expected loss", "What a year costs on average over many simulated years."),
    Term("exploit", "A way to use a weakness for an attack.", "method of attack"),
    Term("exposure", "Any weakness seen on an asset.", "weak point"),
    Term("finding", "One weakness on one asset, as a scanner saw it.", "weak point"),
    Term("foothold", "A first hold of an attacker on a system.", "break-in"),
    Term("frontier", "The plans for which no other has both more value and less loss."),
    Term("FTE", "The work of one person in full time.", "full-time person"),
    Term("goal", "What the organization wants, with a weight."),
    Term("hardening", "Closing what a system leaves open without need.", "closing gaps"),
    Term("hazard", "How often a year something is expected to happen, as things stand.", "yearly chance"),
    Term("IAM", "How people get and lose access to systems.", "management of access"),
    Term("incident", "An event that does harm or could have."),
    Term("inherent risk", "Risk before any safeguard.", "risk without safeguards"),
    Term("initiative", "A project of either executive that costs money and people and changes something."),
    Term("KEV", "The public list of weaknesses that attackers are known to use.", "list of attacked weaknesses"),
    Term("KPI", "A figure by which something is steered.", "measure"),
    Term("lateral movement", "How an attacker gets from one system to the next.", "spreading inside"),
    Term("layer", "The part of a loss between an attachment and a limit, as an insurance covers it."),
    Term("ledger", "The chain of entries in which every change stands."),
    Term("legacy system", "A system on old technology.", "old system"),
    Term("look back", "The page that sets a year's decisions and forecasts beside what came of them."),
    Term("malware", "Software that does harm.", "harmful software"),
    Term("materiality", "Whether an incident's loss exceeds a threshold of the organization.", "whether it matters"),
    Term("MFA", "Log-in with a second proof beside the password.", "second proof at log-in"),
    Term("mitigate", "To make rarer or less costly.", "reduce"),
    Term("mitigation", "What makes a scenario rarer or less costly.", "safeguard"),
    Term("Monte Carlo", "Computing by simulating many years by chance.", "simulation"),
    Term("opex", "Money for what is used up within the year.", "running cost"),
    Term("patch", "A maker's repair of a fault in software.", "repair"),
    Term("penetration test", "A friendly attack that looks for weaknesses.", "test attack"),
    Term("percentile", "The value below which a stated part of all cases lies.", "value that few cases exceed"),
    Term(
        "perfect information",
        "Knowing an input exactly before choosing; its worth is what the better choice saves on average.",
        "knowing it for certain",
    ),
    Term("phishing", "Forged messages that ask for passwords or payments.", "forged messages"),
    Term("pin", "An executive's demand that an initiative is in every plan."),
    Term("position", "The weights, pins and drops that an executive hands in at a sitting."),
    Term("posture", "How well the organization is protected now.", "state of protection"),
    Term("premium loading", "The premium of an insurance over what it is expected to pay."),
    Term("price of a finding", "What it costs a year as long as it is open.", "yearly cost of a weak point"),
    Term("price of value", "How much loss one point of value is exchanged for at the joint proposal."),
    Term("ransomware", "Harmful software that locks data and asks for money."),
    Term("regret", "What a plan has less than the best plan for the same inputs."),
    Term("remediate", "To take a weakness away.", "repair"),
    Term("remediation", "Taking a weakness away.", "repair"),
    Term("reservation", "A dissent on one point by somebody who signs all the same."),
    Term("residual loss", "The expected loss that is left when a plan is done.", "loss that remains"),
    Term("residual risk", "Risk that is left with all safeguards.", "risk that remains"),
    Term("roadmap", "Which initiative is done when.", "schedule"),
    Term("robustness", "How little a plan gives away when inputs differ from what was stated."),
    Term("RPO", "How much work may be lost at most, in hours.", "work that may be lost"),
    Term("RTO", "How long a system may be down at most, in hours.", "time that a system may be down"),
    Term("SBOM", "The list of parts that a program is made of.", "list of parts"),
    Term("scenario", "Something that could go wrong on systems, with how often and how badly."),
    Term(
        "shared cause",
        "What strikes several scenarios at once, such as a supplier or a data centre.",
        "common cause",
    ),
    Term("sheet", "Options with figures on one question, such as an insurance or a patch, decided by two keys."),
    Term("SIEM", "The system that collects and judges records of security.", "security records"),
    Term("sitting", "A round in which both executives hand in positions unseen, which are then shown at once."),
    Term("SLA", "What a supplier promises about a service.", "promised service"),
    Term(
        "Sobol' index",
        "The part of a figure's uncertainty that goes away once an input is known.",
        "share of the uncertainty",
    ),
    Term("SOC", "The team that watches for attacks.", "security watch"),
    Term("stakeholder", "Whoever has an interest in something.", "people concerned"),
    Term("statement", "One fact with its number, unit, range, source rows and date."),
    Term("synergy", "What two things gain by being done together.", "joint gain"),
    Term("system", "An application or IT service that supports goals."),
    Term("tail risk", "The loss of a rare, very bad year.", "loss in a very bad year"),
    Term("technical debt", "Work on technology that was put off and grows.", "work that was put off"),
    Term("threat actor", "Whoever attacks.", "attacker"),
    Term(
        "tornado",
        "A chart of how far a figure moves when each input goes from its low to its high end.",
        "chart of what matters",
    ),
    Term("triage", "Deciding what comes first.", "first look"),
    Term("TVaR", "The average of the worst years beyond the stated one.", "average of the worst years"),
    Term("unclaimed", "Seen by a scanner, but on no list of assets.", "on no list"),
    Term("VaR", "The loss that only a stated part of all years exceeds.", "loss in a bad year"),
    Term("vulnerability", "A fault that can be used for an attack.", "weak point"),
    Term("zero-day", "A weakness for which there is no repair yet.", "weakness without repair"),
)  # fmt: skip


@cache
def plain_words() -> dict[str, str]:
    """Term → what a board reads instead; only terms that need it."""
    return {term.name: term.plain for term in TERMS if term.plain}
