"""Templates with their settings, access lists and active version."""
