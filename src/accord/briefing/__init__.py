"""Both executives' duty to say the same fact to everybody: a home for each role, and the brief for the board.

Owns the noun brief; its homes and briefs render statements of the rooms below.
"""
