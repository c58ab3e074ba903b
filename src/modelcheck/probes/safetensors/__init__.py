"""Model files of the safetensors format: read without their weights, and without trusting them."""

from modelcheck.probes.safetensors.header import Tensors
from modelcheck.probes.safetensors.model import TensorModel, read_header, read_model

__all__ = ["TensorModel", "Tensors", "read_header", "read_model"]
