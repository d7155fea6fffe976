"""Logs and rules on the command line: no server, no database."""
