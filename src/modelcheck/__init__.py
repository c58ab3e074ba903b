"""modelcheck validates and scores the AI-model architecture of a project: local models first, clouds as fallback."""

__version__ = "0.1.0"
