"""People: who exists, their profile, status and site roles."""
