"""The form of a sheet on a patch: which fix, the days of the options, and what each of them takes."""

from __future__ import annotations

from django.utils import timezone

from accord.decisions.forms.parts import Cell, Part, ends
from accord.decisions.sheets.patch_facts import windows_of
from accord.ui import format as write
from accord.ui.format import default_currency


def parts() -> tuple[Part, ...]:
    """What is asked for; system and fix come with the address that leads here."""
    money = default_currency()
    windows = [
        ("", "–"),
        *((one.key, f"{one.name}, {write.date(one.starts)}") for one in windows_of(None, timezone.localdate())),
    ]
    return (
        Part("", "", "", (Cell("system", "System", type="hidden"), Cell("fix", "Fix", type="hidden"))),
        Part(
            "",
            "Options",
            "Patching now stands against every other day that is filled in. The sheet runs out on the day of the "
            "option that is signed.",
            (
                Cell("now_day", "Patch now, by", type="date", required=True),
                Cell("window", "Change window", "It gives its own day.", choices=windows),
                Cell("window_day", "Or on another day", "As a window that is not in the list.", type="date"),
                Cell("mitigate_from", "Mitigated from", "The day on which the mitigation is in place.", type="date"),
                Cell("mitigate_until", "Mitigated until", "Patched then.", type="date"),
                Cell("measure", "Mitigation", "What is done in between."),
                Cell("accept_until", "Accepted until", "Patched then, unless it comes anyway.", type="date"),
                Cell(
                    "comes_anyway",
                    "Comes anyway",
                    "Such as with a planned upgrade, without a downtime of its own.",
                    choices=(("", "no"), ("yes", "yes")),
                ),
                Cell("retry_days", "Days until a second attempt", "If the patch fails.", type="number"),
            ),
        ),
        Part(
            "ranges",
            "What it takes",
            "5, 50 and 95 %. Correct it where you know better. What is left blank is taken from what Accord knows; "
            "where it knows nothing, it enters no figure and is listed.",
            (
                *ends("downtime", "Downtime of the change", "hours; 0 where it stays up"),
                *ends("hourly", "An hour of downtime costs", money),
                *ends("window_share", "An hour in a window costs of that", "such as 10%"),
                *ends("fails", "The patch fails", "chance, such as 5%"),
                *ends("rollback", "Taking it back costs beside its downtime", "hours; blank: by RTO and RPO"),
                *ends("increase", "Once exploited, waiting costs", "times as much, from 1"),
                *ends("residual", "The mitigation leaves of the loss", "such as 30%"),
                *ends("once", "The mitigation costs once", money),
                *ends("a_day", "The mitigation costs a day", money),
            ),
            lines=True,
        ),
    )
