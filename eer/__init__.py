"""The EHMI Endpoint Register: what is registered, by whom, and since when."""
