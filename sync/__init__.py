"""SOR into the register: what the national organisation register says of a unit."""
