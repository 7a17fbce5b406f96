"""The Netflux databases: data sources from the environment, numbered migrations, and the program that applies them."""
