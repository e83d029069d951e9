"""Who is calling: `tokens.py` (what a credential looks like and where it travels), `passwords.py` (hashes and strength)."""
