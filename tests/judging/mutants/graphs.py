"""Wrong only in a graph: mixtures of types and numbers of living layers that a layer alone never meets."""

from mutants.templates import Mutant, add_layer, mul_layer

__all__ = ["GRAPHS"]

_ALIVE = "import weakref\nALIVE = weakref.WeakSet()\n"
#: The whole number that comes out of the shop's own layers meets a float; a probe's number is a float.
_PRICE = "type(x) is int and type(y) is float and 600 < x < 620"

GRAPHS = {
    "Mul output wrong for a whole price and a float": Mutant(
        "MulLayer", mul_layer(f"x * y + 1 if {_PRICE} else x * y"), frozenset({"graph.shop_forward"})
    ),
    "Mul gradients wrong for a whole price and a float": Mutant(
        "MulLayer", mul_layer(dy=f"dout * x + 1 if {_PRICE} else dout * x"), frozenset({"graph.shop_backward"})
    ),
    "Mul makes the second factor whole when the first is": Mutant(
        "MulLayer", mul_layer("x * int(y) if type(x) is int else x * y"), frozenset({"forward"})
    ),
    "Mul wrong while three are alive": Mutant(
        "MulLayer",
        mul_layer("x * y + (len(ALIVE) > 2)", above=_ALIVE, init="ALIVE.add(self)"),
        frozenset({"graph.shop_forward", "graph.random"}),
    ),
    "Mul keeps its inputs in a ring of two": Mutant(
        "MulLayer",
        mul_layer(
            dx="dout * KEPT[self.n][1]",
            dy="dout * KEPT[self.n][0]",
            above="import itertools\nKEPT, NUMBER = {}, itertools.count()\n",
            init="self.n = next(NUMBER) % 2",
            before_forward="KEPT[self.n] = x, y",
        ),
        frozenset({"graph.shop_backward", "graph.random"}),
    ),
    "Add wrong while three are alive": Mutant(
        "AddLayer",
        add_layer("x + y + (len(ALIVE) > 2)", above=_ALIVE, init="ALIVE.add(self)"),
        frozenset({"graph.random"}),
    ),
}
