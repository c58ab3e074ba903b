"""Profiles: what "good enough" means, and the settings of a project."""
