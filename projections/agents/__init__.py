"""Agents of builds: connection, lifecycle, apps, scripts."""
