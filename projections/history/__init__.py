"""Which events tell the history of a workspace: those of its own stream, of its builds and of their agents."""
