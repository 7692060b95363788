"""What every page and endpoint shares: entrance, guards, headers, locale."""
