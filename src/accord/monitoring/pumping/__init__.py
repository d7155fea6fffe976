"""From the spool through the rules into the store: events, hits, counts and the offset in one transaction."""
