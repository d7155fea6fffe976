"""From the wire and from files into the spool: what was acknowledged is on disk."""
