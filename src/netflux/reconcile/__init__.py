"""The reconciler: desired state against observed state, again and again. Knows no service."""
