"""Systems Manager: parameters are kept by moto; what AWS refuses of them is here."""
