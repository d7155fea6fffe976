"""handlers."""


def declare() -> None: ...
