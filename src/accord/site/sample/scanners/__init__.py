"""Writers of scanner files in their true formats, for the sample company only."""
