"""CloudFormation: template to graph to calls of the region's own APIs."""
