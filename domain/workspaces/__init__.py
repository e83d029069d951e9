"""Workspaces: settings, sharing, dormancy, and at most one active build."""
