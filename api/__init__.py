"""The HTTP front end: a JSON API under /api/v1, health checks and an upload page; all work is done by core.

One blueprint per word of the vocabulary. Every error of the API is RFC 9457 `application/problem+json` with
`type`, `title`, `status`, `detail` and `instance` (the request id), see `api.errors` and docs/api.md.
"""
