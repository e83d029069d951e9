"""What a decision must know of another feature's aggregate, as the plain values that its own feature declares."""
