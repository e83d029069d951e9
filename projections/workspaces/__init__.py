"""The workspace list and the Workspace document, byte-ready."""
