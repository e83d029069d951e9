"""The rules of the ledger: pure decisions over events. No I/O, no clock, no framework."""
