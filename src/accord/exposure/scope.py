"""scope."""


def declare() -> None: ...
