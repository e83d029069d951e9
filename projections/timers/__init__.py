"""What is due when: the instants at which something happens by itself."""
