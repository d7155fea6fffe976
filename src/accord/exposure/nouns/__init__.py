"""The table nouns of this room."""
