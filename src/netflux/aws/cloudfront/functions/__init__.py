"""CloudFront Functions: JavaScript that sees viewers' requests and responses at the edge."""
