"""Templates and their versions: what a workspace is made from."""
