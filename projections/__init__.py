"""Read models: events in, rows out, rows read. Anything here can be thrown away and rebuilt from the log."""
