"""Service metadata as XML: render, parse, and the schema of what is emitted."""
