"""What the organization wants and who it is: the ground that every other room stands on.

Owns the nouns goal, unit, person, capability and the share of a goal that a capability carries.
"""
