"""Topics and their subscriptions: for SNS, and for services that publish."""
