"""What follows from what: pure decisions about deployments, tasks, containers and their health. No I/O, no clock."""
