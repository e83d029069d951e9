"""What all read models share: reading the log in order, folding batches into rows, positions, rebuild and verify."""
