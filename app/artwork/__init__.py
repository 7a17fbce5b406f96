"""The posters, drawn: `python -m app.artwork` writes site/posters/. Not part of what runs."""
