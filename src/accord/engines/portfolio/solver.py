"""HiGHS without a word on the console."""

from __future__ import annotations

import highspy


class Solver(highspy.Highs):
    """A HiGHS instance that is silent from the first moment: its constructor logs a banner otherwise."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def enableCallbacks(self) -> None:
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]
