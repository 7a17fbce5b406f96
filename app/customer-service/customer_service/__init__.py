"""The customers, their favourite genre, and the movies recommended for it."""
