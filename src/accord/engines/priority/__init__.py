"""What to fix first: a class with a deadline for each finding, and an order inside the class.

**Class.** The table is that of CISA's Binding Operational Directive 26-04 (10 June 2026), in the form that
CERT/CC publishes for SSVC (`cisa_bod_26_04` 1.0.0): four questions with yes or no,

    known exploited?  is the system publicly exposed?  can exploitation be automated?  is its impact total?

and five answers: 3 days with forensic triage, 3 days, 14 days, 60 days, with the next upgrade. One row is our
own: what a scanner reports for information only (severity "info", an open port) has no deadline.

The last two questions are answered from the CVSS base vector as far as it settles them (`possibilities`):

* impact: the mapping that SSVC publishes for CVSS 4.0 (`cvssv4_to_technical_impact` 1.0.0), applied to
  version 3 by the same metrics. Against CISA's own answers for 30,113 CVEs of 2024 it agrees for 93 %.
* automatable: a vector that needs local access, privileges, a user's help or special conditions says no (right
  for 98.9 % of 23,645 of those CVEs). A vector without these hurdles leaves the question open (CISA says yes for
  87 % of 6,468).
* without a vector, the severity leaves those pairs of answers open that a CVSS 3.1 vector of that band can have.

CISA's own decision points of Vulnrichment (`with_points`) answer these two before the vector does.

A company may take another table, other days, and lifts for what carries much: `policies`.

**Unknown stays unknown.** A question without an answer is both: the result is an interval, from the best to the
worst class over all answers that are possible, and `Verdict.flips` names the facts that would settle it. Work is
ordered by the worst class.

**Order.** Worst class, then best class (what is certain before what may turn out milder), then the price of the
finding (money a year, `engines.hazard`). A finding without a price comes after those with one, ordered by the share of
goal weight that it carries × the probability of exploitation within 30 days (EPSS; 1 where exploitation is known).
EPSS so orders inside a class and never makes one; its percentile orders the same way, because it rises with the
probability. Last the severity score. A share or a probability that is unknown adds nothing to the order.
"""

from accord.engines.priority.classes import (
    ALL,
    CODES,
    DAYS,
    INFORMATION,
    LABELS,
    TABLE,
    VERSION,
    Answer,
    Urgency,
    possibilities,
    with_points,
)
from accord.engines.priority.places import Assessment, assess, first_rank, repriced
from accord.engines.priority.policies import (
    BOD,
    CVSS,
    KINDS,
    SSVC,
    BadPolicy,
    Policy,
    Slot,
    default_policy,
    policy_from,
)
from accord.engines.priority.verdicts import Facts, Flip, Reason, Verdict, asked, classes, explain, span

__all__ = [
    "ALL",
    "BOD",
    "CODES",
    "CVSS",
    "DAYS",
    "INFORMATION",
    "KINDS",
    "LABELS",
    "SSVC",
    "TABLE",
    "VERSION",
    "Answer",
    "Assessment",
    "BadPolicy",
    "Facts",
    "Flip",
    "Policy",
    "Reason",
    "Slot",
    "Urgency",
    "Verdict",
    "asked",
    "assess",
    "classes",
    "default_policy",
    "explain",
    "first_rank",
    "policy_from",
    "possibilities",
    "repriced",
    "span",
    "with_points",
]
