"""Files that hold what is published: tar, written and read to the byte."""
