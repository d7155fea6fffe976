"""Sigma rules over events: pySigma reads the rules and applies its pipelines to them, this engine runs them.

    program = compile_rules([(path, text), …])
    engine = Engine(program)
    engine.match({"EventID": 1, "Channel": …, "Image": …})   → numbers of the rules that hold
    ArrowEngine(program).match(batch)                        → rows of a record batch, with the rules that hold
    engine.filtered()                                       → how many hits each filter dropped, by rule
    engine.states()                                         → why a rule is silent, or that it is not

Two-valued logic throughout: a field that is not there matches nothing, and the negation of that is true.
"""

from accord.engines.sigma.arrow import ArrowEngine
from accord.engines.sigma.compiling import compile_rules
from accord.engines.sigma.engine import Engine, Filtered
from accord.engines.sigma.rules import Fault, Filter, LogSource, Program, Rule, digest_of
from accord.engines.sigma.states import RuleState

__all__ = [
    "ArrowEngine", "Engine", "Fault", "Filter", "Filtered", "LogSource", "Program", "Rule", "RuleState",
    "compile_rules", "digest_of",
]  # fmt: skip
