"""Duty: pure computation, arrays and tables in and out; no Django, no I/O, nothing known of the organization.
Nouns: none of its own. Each engine is importable, tested and measured alone."""
