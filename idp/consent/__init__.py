"""What a person agreed to show to which site."""
