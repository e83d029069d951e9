"""What a web process holds in memory of the read models, and how it is kept right."""
