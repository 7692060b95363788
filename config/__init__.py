"""Settings: one typed, documented, validated description of a deployment."""

from config.loader import load
from config.settings import Profile, Settings, SettingsError

__all__ = ["Profile", "Settings", "SettingsError", "load"]
