"""Who is calling: a door of the register, for whoever takes writes under its policy."""
