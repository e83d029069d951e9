"""Fills a running service with examples, through its public HTTP API alone. Nothing here knows how the service is made."""
