"""The screens of the table nouns of monitoring."""
