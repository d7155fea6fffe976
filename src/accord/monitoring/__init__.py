"""The CISO's duty of daily threat monitoring: what every source logs, which rules hold, what was made of each alert.

Owns the nouns source, event, rule, alert, rule exception, placeholder, silence, threat profile and daily watch.
"""
