"""HAProxy: configuration composed of sections, reloads, and the runtime API."""
