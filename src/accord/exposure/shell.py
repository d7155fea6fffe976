"""shell."""


def declare() -> None: ...
