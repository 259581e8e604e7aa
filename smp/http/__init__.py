"""Asking others by HTTP."""
