"""One step of the schema, one module, in the order of their numbers."""
