"""CloudFormation: a template becomes a graph, and the graph becomes calls of the region's own APIs."""
