"""The design system: base templates, components, lists, charts, navigation and the command palette.

It owns no noun; every room's screens are made of its parts.
"""
