"""ECS on Fargate: services, deployments, tasks, Service Connect."""
