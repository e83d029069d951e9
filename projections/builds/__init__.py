"""Builds of workspaces: what was asked for, and what came of it."""
