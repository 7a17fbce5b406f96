"""Who may ask: signatures, keys, and what tells a person's programs from web pages and other users."""
