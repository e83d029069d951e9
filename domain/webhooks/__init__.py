"""Webhooks: who outside is told of events, at which address, of which types."""
