"""Commands in: the bus loads, decides and commits; the router says which command goes to which decision."""
