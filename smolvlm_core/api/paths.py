"""Which paths are ours. Everything else on the same port belongs to the page's server."""

VIDEO = "/api/v1/video"

REST_PREFIXES = ("/api", "/analyze", "/health", "/ready", "/metrics", "/docs", "/openapi.json")


def is_rest(path: str) -> bool:
    """Whether a path belongs to the REST interface."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in REST_PREFIXES)
