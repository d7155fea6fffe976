"""The bargaining solution of Nash (1950) among plans: what each executive is left with when the other decides alone."""

from __future__ import annotations

from accord.engines.portfolio.archive import Archive


def ends_of(archive: Archive) -> tuple[int, int]:
    """Positions of the plan with the most value and of the plan with the least loss."""
    rows = list(zip(archive.values, archive.losses, strict=True))
    cio = max(range(len(rows)), key=lambda n: (rows[n][0], -rows[n][1]))
    ciso = min(range(len(rows)), key=lambda n: (rows[n][1], -rows[n][0]))
    return cio, ciso


def disagreement(archive: Archive) -> tuple[float, float]:
    """Value of the CISO's plan and loss of the CIO's plan: what each gets when the other decides alone."""
    cio, ciso = ends_of(archive)
    return archive.values[ciso], archive.losses[cio]


def largest_product(archive: Archive) -> tuple[float, float, float, int]:
    """(value, loss, product, position) of the plan with the largest Nash product."""
    value_0, loss_0 = disagreement(archive)
    rows = zip(archive.values, archive.losses, strict=True)
    rated = [(max(v - value_0, 0.0) * max(loss_0 - x, 0.0), v, -x, n) for n, (v, x) in enumerate(rows)]
    product, value, negative_loss, n = max(rated)
    return value, -negative_loss, product, n
