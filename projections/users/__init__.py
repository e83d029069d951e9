"""Who exists: people with profile, status and site roles."""
