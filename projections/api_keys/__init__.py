"""Sessions and tokens, without their secrets."""
