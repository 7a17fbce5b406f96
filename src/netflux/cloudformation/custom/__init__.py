"""Resources that somebody else makes and tells of: custom resources, and what waits for signals."""
