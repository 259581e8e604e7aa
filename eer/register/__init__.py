"""The counter of the register, one movement a file."""
