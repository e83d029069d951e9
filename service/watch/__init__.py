"""Streams: each changed document is encoded once per process, and the same bytes go to everybody who watches it."""
