"""From findings to money and back: what goes in, the run, what it says (docs/methods-hazard.md)."""
