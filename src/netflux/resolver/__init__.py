"""The VPC's resolver: names that tasks ask for, answered in their own network."""
