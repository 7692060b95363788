"""Invents people, companies and documents: believable, and nobody among them is real."""
