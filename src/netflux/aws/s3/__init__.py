"""S3: objects on disk, bucket policies really evaluated."""
