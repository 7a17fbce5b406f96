"""CloudWatch's metrics of the services that run here; those that clients put are moto's."""
