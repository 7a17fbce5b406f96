"""moto, for the services whose record is the whole truth; nothing of it goes further than this package."""
