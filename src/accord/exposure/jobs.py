"""jobs."""


def declare() -> None: ...
