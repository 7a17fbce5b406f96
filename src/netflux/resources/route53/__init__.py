"""Route 53's nouns: hosted zones, their record sets, and where names lead."""
