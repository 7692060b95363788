"""The wing's pages, and the interface of the capture component."""
