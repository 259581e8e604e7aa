"""Where the parts of the register meet, one file a process."""
