"""Reference layers: plain, readable answers to the exercises, for study and as the source of expected values."""

from reference.layers import AddLayer, MulLayer

__all__ = ["AddLayer", "MulLayer"]
