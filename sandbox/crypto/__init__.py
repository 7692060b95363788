"""The sandbox's own commercial cryptography: other code than the product's, on purpose."""
