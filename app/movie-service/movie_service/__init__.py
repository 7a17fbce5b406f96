"""The movies, by id and by genre."""
