"""What the APIs have accepted: a frozen type for each noun, and the schema of its table.

Here, below all services, because more than one reads them: a load balancer is in subnets, a task has security groups.
A module is one service's; it has no rules and no I/O. `documents.table(SUBNET)` is where the records are.
"""
