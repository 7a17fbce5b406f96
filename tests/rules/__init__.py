"""What AWS refuses and so does this cloud: one table for each service, made into a table of docs/parity.md."""
