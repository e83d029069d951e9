"""What happens by itself: due timers, and the one process that looks after them."""
