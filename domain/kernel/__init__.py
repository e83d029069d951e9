"""What every feature of the domain is built from: events, streams, deciders, errors, names."""
