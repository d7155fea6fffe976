"""Pages of this room beside those of its nouns."""
