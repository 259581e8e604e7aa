"""The public face: two GETs over stored bytes."""
