"""The service: wires the domain to PostgreSQL, HTTP and time."""
