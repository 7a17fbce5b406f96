"""CloudFront: distributions, their cache and their edges."""
