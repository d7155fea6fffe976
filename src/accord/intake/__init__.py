"""Duty: one module per file format, bytes to typed records, streamed and safe on hostile input. No Django.
Nouns: scan header, target, observation, refusal, coverage; known-exploited and exploit-prediction rows."""
