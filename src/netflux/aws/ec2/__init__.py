"""EC2: what of its configuration the network has to follow."""
