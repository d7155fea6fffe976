"""Both executives' duty to decide together: which plan, what it gives, and what became of it.

Owns the nouns frontier, plan, stance, sitting, position, comment, decision, reservation, actual cost and actual date.
"""
