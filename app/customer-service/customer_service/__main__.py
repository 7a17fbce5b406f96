"""`python -m customer_service`: the container's program."""

from customer_service.application import create
from netflux_chassis.process import serve

if __name__ == "__main__":
    serve("customer-service", create)
