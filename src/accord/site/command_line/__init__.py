"""The command line: `accord …`. Each module adds its commands to the one application."""

from __future__ import annotations

from accord.site.command_line.base import app


def main() -> None:
    """Entry point of the `accord` command."""
    from accord.site.command_line import archive, data, demonstration, figures, installing, ledgers, serving

    _ = (archive, data, demonstration, figures, installing, ledgers, serving)
    app()


__all__ = ["app", "main"]
