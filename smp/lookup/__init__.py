"""The way of an access point: locate by DNS, fetch by HTTP."""
