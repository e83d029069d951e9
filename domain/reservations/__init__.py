"""Names as aggregates: reserving one in the same append as its holder makes it unique without a lock or a read model."""
