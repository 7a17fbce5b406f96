"""Application Auto Scaling: target tracking of ECS services."""
