"""Elastic Load Balancing v2: the Application Load Balancer."""
