"""Who is calling: `authenticate.py` (a request's caller), `tokens.py` (what a credential looks like and where it travels),
`passwords.py` (hashes and strength), `secrets.py` (what lies beside the log), `rate_limit.py` (how often)."""
