"""checks."""


def declare() -> None: ...
