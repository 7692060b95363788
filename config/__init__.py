"""Settings: one typed, documented, validated description of a deployment."""

from config.loader import load
from config.schema import Profile, SettingsError
from config.settings import Settings

__all__ = ["Profile", "Settings", "SettingsError", "load"]
