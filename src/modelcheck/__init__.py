"""modelcheck validates and scores the AI-model architecture of a project: local models first, clouds as fallback."""

TYPE_CHECKING = False  # as `typing` has it, which would take longer to import than everything here
if TYPE_CHECKING:
    from modelcheck.app.required import NotLocal, require_local

__version__ = "0.1.0"
__all__ = ["NotLocal", "__version__", "require_local"]

if not TYPE_CHECKING:  # else no misspelt name would be found by a type checker

    def __getattr__(name: str) -> object:
        """Import what code asks for only once it does."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        from modelcheck.app import required

        return getattr(required, name)
