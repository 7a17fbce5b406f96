"""What is acknowledged is on disk, whole: the region is killed at random moments, and inside every transaction."""
