"""What `netflux.toml` names for the local run: images from folders, a bucket from a folder."""
