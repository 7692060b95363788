"""The SSO session of a browser, and the client sessions hanging from it."""
