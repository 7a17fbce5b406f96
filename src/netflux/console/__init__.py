"""The live map in the browser."""
