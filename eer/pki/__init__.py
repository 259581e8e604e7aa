"""Whose certificates access points may have, and which of them have been revoked."""
