"""Numbered SQL files, applied once each, in order, under one advisory lock (`service/store/migrate.py`)."""
