"""A deployment made again from what `replay` printed of another one."""
