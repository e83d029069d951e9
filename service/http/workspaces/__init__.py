"""The routes of workspaces, a file per subject; `routes.py` joins them."""
