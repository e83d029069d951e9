"""What an operator sees of a running service: `logging` (what happened) and `metrics` (how much, how fast)."""
