"""What EC2 refuses before anything is carried out: pure decisions over what EC2 describes."""
