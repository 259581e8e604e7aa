"""Where the parts of the publisher meet, one file a process."""
