"""A folder per service with a data plane."""
