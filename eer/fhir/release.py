"""When was this release made? What the program says of itself is as old as that."""

RELEASED = "2026-11-27"
