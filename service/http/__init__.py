"""The REST face: `app.py` builds it from `routes.py`; `parsing.py`, `queries.py` and `paths.py` turn requests into typed values."""
