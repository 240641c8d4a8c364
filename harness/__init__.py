"""dout: grades learner-written neural-network layers by the values that they return.

Importing this package imports neither numpy nor msgspec, so that a front can start the sandbox first.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
