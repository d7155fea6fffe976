"""The CIO's duty for systems: what runs, who owns it, what it costs, how long it lasts, what it hangs on.

Owns the nouns system, asset, dependency and the shares capability→system, system→asset, unit→system.
"""
