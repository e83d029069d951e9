"""Template versions: what they declare, and how their import went."""
