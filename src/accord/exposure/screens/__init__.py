"""The screens of this room's table nouns."""
