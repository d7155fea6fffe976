"""The CISO's duty for vulnerabilities: what scanners saw on which asset, how urgent it is, what nobody saw.

Owns the nouns finding, definition, scan, target (“unclaimed” until it is an asset) and feed.
"""
