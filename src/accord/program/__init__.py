"""The CISO's duty for the security program: which controls there are, who owns them, and in which state they are.

Owns the nouns control and control system (what a control covers).
"""
