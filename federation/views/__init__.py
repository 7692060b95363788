"""The wing's pages: to an upstream and back, the first visit, one's own links."""
