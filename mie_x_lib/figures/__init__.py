"""Figures, a module a subject."""
