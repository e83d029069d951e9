"""Random requests against a service with the examples in it."""
