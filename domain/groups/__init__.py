"""Groups of members, and their quota."""
