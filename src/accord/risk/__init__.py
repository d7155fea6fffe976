"""Both executives' duty for risk: what could happen to which systems, how often and how badly, in money.

Owns the nouns scenario, its losses and systems, the effects of controls and initiatives on it, loss event,
loss run and risk appetite.
"""
