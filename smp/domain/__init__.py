"""What would be true of publication on paper; standard library only."""
