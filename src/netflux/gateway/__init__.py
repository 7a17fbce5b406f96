"""One port for everything; the Host header decides who gets the request."""
