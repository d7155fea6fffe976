"""The command line: `accord …`. Each module adds its commands to the one application."""

from __future__ import annotations

import os

from accord.site.command_line.base import app


def application() -> object:
    """The application with all its commands."""
    from accord.site.command_line import (
        archive,
        attack,
        collecting,
        data,
        demonstration,
        feeds,
        figures,
        installing,
        ledgers,
        life,
        rules,
        scans,
        searching,
        serving,
        watch,
    )

    _ = (
        archive, attack, collecting, data, demonstration, feeds, figures, installing, ledgers, life, rules, scans,
        searching, serving, watch,
    )  # fmt: skip
    return app


def main() -> None:
    """Entry point of the `accord` command."""
    # The engines' matrices are small: beside other work a second BLAS thread waits busily and only costs.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    application()
    app()


__all__ = ["app", "application", "main"]
