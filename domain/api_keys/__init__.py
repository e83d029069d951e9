"""Sessions and tokens: what a caller proves itself with."""
