"""What clients ask besides the subjects of this service: constants that are true of it, and what it leaves out, said plainly."""
