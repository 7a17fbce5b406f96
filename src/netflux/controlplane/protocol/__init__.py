"""Between bytes and the services' models: requests are read and held to the model, answers are written."""
