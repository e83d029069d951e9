"""Agents: what runs inside a workspace, its connection, lifecycle and apps."""
