"""What happens by itself: which rule of a workspace is due, and what then follows for workspace and build."""
