"""The event log and what lies beside it: events in, events out, secrets, keys, migrations."""
