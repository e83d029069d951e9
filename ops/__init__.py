"""What runs the project: its two commands, benchmarks, deployment."""
