"""Published bytes and what is known of them."""
