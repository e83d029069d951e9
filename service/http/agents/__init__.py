"""The routes of workspace agents, a file per subject; `routes.py` joins them."""
