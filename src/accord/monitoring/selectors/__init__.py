"""Reads of monitoring that join or aggregate."""
