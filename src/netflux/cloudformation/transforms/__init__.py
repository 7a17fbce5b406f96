"""What is done to a template before it is one: transforms that AWS hosts, and macros that functions are."""
