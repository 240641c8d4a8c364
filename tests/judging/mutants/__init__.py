"""Wrong layers, each with the checks that catch it: the judge is tested with what it must not let pass.

A checker that nobody tested with broken functions returned early and passed them all (chainer#3541).
"""

from mutants.arrays import ARRAYS
from mutants.formulas import FORMULAS
from mutants.generated import GENERATED
from mutants.graphs import GRAPHS
from mutants.precision import PRECISION
from mutants.regions import LITERALS, REGIONS
from mutants.returns import RETURNS
from mutants.state import STATE
from mutants.templates import Mutant, submission

__all__ = ["MUTANTS", "TABLES", "Mutant", "submission"]

TABLES: dict[str, dict[str, Mutant]] = {
    "formulas": FORMULAS,
    "precision": PRECISION,
    "regions": REGIONS,
    "literals": LITERALS,
    "arrays": ARRAYS,
    "returns": RETURNS,
    "state": STATE,
    "graphs": GRAPHS,
    "generated": GENERATED,
}

MUTANTS: dict[str, Mutant] = {name: mutant for table in TABLES.values() for name, mutant in table.items()}
