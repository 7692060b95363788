"""Another country: stand-ins for the outside world that know the product only by its wire."""
