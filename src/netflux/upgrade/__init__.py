"""What state directories of earlier releases hold, taken over once: a module for each service."""
