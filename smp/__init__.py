"""The publisher: signed service metadata and DNS names made from the register."""
