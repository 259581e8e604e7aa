"""A SOR unit and how it becomes an organisation; standard library only."""
