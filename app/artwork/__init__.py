"""The posters, drawn: `python -m artwork` in app/ writes site/posters/. Not part of what runs."""
