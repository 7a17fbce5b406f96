"""EC2's nouns: what the network enforces, and what other services stand in."""
