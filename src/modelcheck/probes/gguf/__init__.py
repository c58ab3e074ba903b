"""Model files of the GGUF format: read without their weights, and without trusting them."""

from modelcheck.probes.gguf.anatomy import anatomy_of, read_anatomy
from modelcheck.probes.gguf.header import Header, read_header
from modelcheck.probes.gguf.keys import Keys

__all__ = ["Header", "Keys", "anatomy_of", "read_anatomy", "read_header"]
