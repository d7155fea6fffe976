"""The table nouns of monitoring."""
