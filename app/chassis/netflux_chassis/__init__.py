"""What both services have around their own work: health, problems, logs, the pool, start and stop."""
