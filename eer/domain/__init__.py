"""What would be true of the register on paper; standard library only."""
