"""Turns warnings and floating point events into errors, and decimal upside down."""
import decimal
import warnings
import numpy as np

warnings.simplefilter("error")
np.seterr(all="raise")
decimal.getcontext().prec = 1
decimal.getcontext().traps = dict.fromkeys(decimal.getcontext().traps, True)
