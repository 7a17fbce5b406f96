"""SNS: topics that lead to queues."""
