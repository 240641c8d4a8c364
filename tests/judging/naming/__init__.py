"""Wrong layers by the name of their mistake, each mistake in several spellings: what a diagnosis is tested with."""

from naming.fitting import FITTING
from naming.memory import MEMORY
from naming.numbers import NUMBERS
from naming.returned import RETURNED
from naming.templates import Named
from naming.two_at_once import TWO_AT_ONCE

__all__ = ["FITTING", "NAMED", "TWO_AT_ONCE", "Named"]

#: code -> spelling -> the wrong layer
NAMED: dict[str, dict[str, Named]] = {**NUMBERS, **RETURNED, **MEMORY}
