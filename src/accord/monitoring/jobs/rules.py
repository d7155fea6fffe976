"""Long work on rules, run by a worker."""

from __future__ import annotations

from typing import Any

from accord.core.jobs import Context, kind


@kind("monitoring.compile_rules", "Compile the rules in force")
def compile_rules(context: Context) -> dict[str, Any]:
    """Compile what is enabled; the program that ran so far runs until this one is whole."""
    from accord.monitoring.services.ruleset import compile_now

    return compile_now()
