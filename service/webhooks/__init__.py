"""Tells receivers outside of what happened: reads the log for each webhook, signs, sends, tries again."""
