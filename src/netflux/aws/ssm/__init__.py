"""Systems Manager's Parameter Store: parameters with versions and labels, and what AWS refuses of them."""
