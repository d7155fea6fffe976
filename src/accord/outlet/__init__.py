"""Outgoing documents: typed records → bytes (tables, PDF). No Django, no input or output of its own."""
