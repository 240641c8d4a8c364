"""Which names fit the layers of the mutation suite; many of them have no mistake of the catalogue."""

__all__ = ["FITTING"]

#: What the layer does is exactly that, whatever the table is about.
_EXACT = {"SCALED", "OFFSET", "SIGN", "ROUNDED", "WRONG-TYPE"}
_FORMULAS = {"MUL-SWAP", "MUL-NO-DOUT", "MUL-NO-LOCAL", "ADD-NO-DOUT", "ADD-USES-INPUT", "FORWARD-OTHER"}
_ABSENT = {"NOT-IMPLEMENTED", "CONSTRUCTOR", "ARITY", "CLASS-MISSING", "METHOD-NAME", "STATE-MISSING", "RECURSION"}
_MEMORY = {"STATE-SHARED", "STATE-STALE", "STATE-ACCUMULATES", "OUTPUT-REUSED", "INPLACE-INPUT", "INPLACE-DOUT"}
_ARRAYS = {"SHAPE", "MATRIX-PRODUCT", "SCALAR-ONLY", "NON-FINITE", "PRECISION", "ADD-NO-DOUT"}

#: Table of mutants -> the specific names that fit some of them.
FITTING: dict[str, frozenset[str]] = {
    "formulas": frozenset({*_EXACT, *_FORMULAS, "ZERO-INPUT", "NUMERIC-GRADIENT", "ONLY-SOMETIMES"}),
    "precision": frozenset({"SCALED", "ROUNDED", "PRECISION"}),
    "regions": frozenset({"ONLY-SOMETIMES"}),
    "literals": frozenset({"ONLY-SOMETIMES"}),
    "arrays": frozenset({*_EXACT, *_ARRAYS, "ONLY-SOMETIMES"}),
    "returns": frozenset({*_EXACT, *_ABSENT, "NO-RETURN", "ONE-GRADIENT", "EXTRA-GRADIENTS", "NON-FINITE", "SHAPE"}),
    "state": frozenset(_MEMORY),
    "graphs": frozenset(),
    "generated": frozenset({*_EXACT, *_FORMULAS, "MATRIX-PRODUCT", "STATE-MISSING", "NO-RETURN"}),
}
