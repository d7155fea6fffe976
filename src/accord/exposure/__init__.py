"""The CISO's duty for vulnerabilities: what scanners saw on which asset, how urgent it is, what nobody looked at.

Owns the nouns finding, definition, scan, target (“unclaimed” until it is an asset) and feed.
"""
