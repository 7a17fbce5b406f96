"""The AWS APIs: model-driven dispatch to our handlers or to moto, and documents on disk."""
