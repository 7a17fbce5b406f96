"""RDS for PostgreSQL: a real cluster behind each DB instance."""
