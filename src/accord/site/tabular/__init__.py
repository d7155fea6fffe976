"""Plain tables in, figures out, without a database or settings: what `accord loss FILE` and `accord plan FILE` do."""
