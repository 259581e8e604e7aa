"""Signing, verifying, and whom to trust."""
