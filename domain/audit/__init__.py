"""What auditors want to know although it changed nothing: changes that were refused."""
