"""Messages to people: short messages today, mail later."""
