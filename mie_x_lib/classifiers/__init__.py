"""The recognition networks of MiE-X."""
