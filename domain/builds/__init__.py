"""Builds: one transition of a workspace, carried out by a provisioner job."""
