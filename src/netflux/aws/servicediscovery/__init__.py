"""Cloud Map: namespaces, services, and the instances that programs and ECS register."""
