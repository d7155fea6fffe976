"""The CIO's duty for strategy: which initiatives there are, what they cost, what they need, what they serve.

Owns the nouns initiative with its costs, people, relations, goals and systems, and budget and capacity.
"""
