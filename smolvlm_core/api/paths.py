"""Which paths are ours. Everything else on the same port belongs to the page's server."""

VIDEO = "/api/v1/video"

REST_ROOTS = ("/api", "/analyze", "/health", "/ready", "/metrics", "/docs", "/openapi.json")
BELOW_REST_ROOTS = tuple(root + "/" for root in REST_ROOTS)


def is_rest(path: str) -> bool:
    """Whether a path belongs to the REST interface."""
    return path in REST_ROOTS or path.startswith(BELOW_REST_ROOTS)
