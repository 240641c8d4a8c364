"""Prints the table of error rates: dout beside the numeric checkers that a course would write, on the same layers.

False passes are counted over the wrong layers of ``tests/judging/mutants``, false fails over the right ones of
``tests/judging/variants.py`` times drawn inputs. Every seed is fixed, so the same versions print the same table.
"""

import contextlib
import io
import platform
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "judging"))

from inprocess import assignment, bank, classes_in, failed, judge, observe_classes
from mutants import TABLES, submission
from mutants.templates import RIGHT_ADD, RIGHT_MUL
from variants import ADD_VARIANTS, MUL_VARIANTS

from harness.cases import Bank
from harness.checks.backward import check_backward
from harness.checks.evidence import Evidence
from harness.checks.forward import check_forward
from harness.sandbox.protocol import BACKWARD, FORWARD
from harness.strata import number_cases

Array = NDArray[np.float64]
#: The function that a layer computes, for checkers that know it.
FORMULAS: dict[str, Callable[[Any, Any], Any]] = {"AddLayer": np.add, "MulLayer": np.multiply}
#: Draws of inputs for each right layer, regime and checker.
DRAWS = 20
#: Banks on which every pair of right layers is graded whole.
BANKS = 4
DRAWN_BANKS = random.Random(5)


class Inputs(NamedTuple):
    """What one run of a checker draws its inputs from."""

    generator: np.random.Generator
    #: Numbers in one drawn array.
    size: int
    #: Powers of ten that magnitudes are spread over, or None for N(0, 1).
    exponents: tuple[float, float] | None

    def draw(self) -> Array:
        """Return an array of that many numbers."""
        if self.exponents is None:
            return self.generator.standard_normal(self.size)
        signs = self.generator.choice([-1.0, 1.0], self.size)
        return np.asarray(signs * 10 ** self.generator.uniform(*self.exponents, self.size))


#: A checker gets the layer's class and name, and tells whether the layer passed.
Checker = Callable[[type, str, Inputs], bool]


def gradients_of(layer: Any, dout: Any) -> Sequence[Any]:
    """Return (dx, dy). Courses unpack a pair; one value for both is let pass for AddLayer, as dout does."""
    returned = layer.backward(dout)
    if isinstance(returned, (tuple, list)) or np.ndim(returned) > np.ndim(dout):
        dx, dy = returned
        return dx, dy
    return returned, returned


def expected_gradients(name: str, x: Any, y: Any, dout: Any) -> tuple[Any, Any]:
    """Return what backward should return."""
    return (dout, dout) if name == "AddLayer" else (dout * y, dout * x)


def agrees_with_formula(made: type, name: str, x: Any, y: Any, dout: Any) -> bool:
    """Hold forward and backward against the formula, by np.allclose with its own tolerances."""
    layer = made()
    if not np.allclose(layer.forward(x, y), FORMULAS[name](x, y)):
        return False
    expected = expected_gradients(name, x, y, dout)
    return all(np.allclose(a, b) for a, b in zip(gradients_of(layer, dout), expected, strict=True))


def one_case(made: type, name: str, inputs: Inputs) -> bool:
    """np.allclose at x = 2, y = 3, dout = 1."""
    del inputs
    return agrees_with_formula(made, name, 2.0, 3.0, 1.0)


def twenty_cases(made: type, name: str, inputs: Inputs) -> bool:
    """np.allclose at twenty drawn points."""
    points = np.array([inputs.draw() for _ in range(3)] if inputs.size >= 20 else [_twenty(inputs) for _ in range(3)])
    return all(agrees_with_formula(made, name, *map(float, points[:, n])) for n in range(20))


def _twenty(inputs: Inputs) -> Array:
    return inputs._replace(size=20).draw()


def book_differences(made: type, name: str, inputs: Inputs) -> bool:
    """The loop of section 4.4 of the book: every input up and down by 1e-4, the outputs summed, rtol 1e-5."""
    x, y = inputs.draw(), inputs.draw()
    layer = made()
    if not np.allclose(layer.forward(x, y), FORMULAS[name](x, y), rtol=1e-5):
        return False
    got = gradients_of(layer, np.ones_like(x))
    for moved, gradient in zip((x, y), got, strict=True):
        if not np.allclose(gradient, _numerical_gradient(made, x, y, moved, np.ones_like(x), 1e-4), rtol=1e-5):
            return False
    return True


def relative_error(made: type, name: str, inputs: Inputs) -> bool:
    """The loop of the CS231n notes: a drawn dout, h = 1e-5, largest relative error below 1e-7."""
    x, y, dout = inputs.draw(), inputs.draw(), inputs.draw()
    layer = made()
    if not _relative_error(layer.forward(x, y), FORMULAS[name](x, y)) < 1e-7:
        return False
    got = gradients_of(layer, dout)
    return all(
        _relative_error(gradient, _numerical_gradient(made, x, y, moved, dout, 1e-5)) < 1e-7
        for moved, gradient in zip((x, y), got, strict=True)
    )


def _numerical_gradient(made: type, x: Array, y: Array, moved: Array, dout: Array, h: float) -> Array:
    gradient = np.zeros_like(moved)
    for index in range(moved.size):
        middle = moved[index]
        moved[index] = middle + h
        ahead = np.array(made().forward(x, y), dtype=float)
        moved[index] = middle - h
        behind = np.array(made().forward(x, y), dtype=float)
        moved[index] = middle
        gradient[index] = np.sum((ahead - behind) * dout) / (2 * h)
    return gradient


def _relative_error(a: Any, b: Any) -> float:
    return float(np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))))


COURSE: dict[str, Checker] = {
    "`np.allclose` on one case": one_case,
    "`np.allclose` on 20 drawn cases": twenty_cases,
    "centred differences, h = 1e-4, rtol 1e-5": book_differences,
    "CS231n, relative error < 1e-7": relative_error,
}
REGIMES: dict[str, tuple[float, float] | None] = {
    "N(0, 1)": None,
    "1e-6 … 1e6": (-6, 6),
    "1e-60 … 1e60": (-60, 60),
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Run learner-like code without its output and its warnings."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def passes(checker: Checker, text: str, name: str, inputs: Inputs) -> bool:
    """Tell whether a checker passes a file; one that raises, or that cannot be imported, does not pass."""
    random.seed(text)  # some wrong layers toss a coin
    with quiet():
        try:
            add, mul = classes_in(text)
            return bool(checker(add if name == "AddLayer" else mul, name, inputs))
        except BaseException:  # noqa: BLE001 - some wrong layers raise SystemExit
            return False


def false_passes(checker: Checker) -> dict[str, tuple[int, int]]:
    """Return how many wrong layers of each table a course's checker passes, of how many."""
    counts = {}
    for table, mutants in TABLES.items():
        passed = [
            name
            for number, (name, mutant) in enumerate(mutants.items())
            if passes(checker, submission(mutant.layer, mutant.source), mutant.layer, _inputs(number, None))
        ]
        counts[table] = len(passed), len(mutants)
    return counts


def own_false_passes() -> dict[str, tuple[int, int]]:
    """Return the same for dout."""
    counts = {}
    for table, mutants in TABLES.items():
        verdicts = [failed(judge(submission(mutant.layer, mutant.source))) for mutant in mutants.values()]
        counts[table] = sum(not verdict for verdict in verdicts), len(mutants)
    return counts


def _inputs(number: int, exponents: tuple[float, float] | None) -> Inputs:
    return Inputs(np.random.default_rng(20261123 + number), 12, exponents)


def right_layers() -> list[tuple[str, type]]:
    """Return (layer name, class) of every right layer that takes arrays as well as numbers."""
    muls = [("MulLayer", classes_in(f"{text}\n{RIGHT_ADD}")[1]) for text in MUL_VARIANTS.values()]
    return muls + [("AddLayer", classes_in(f"{text}\n{RIGHT_MUL}")[0]) for text in ADD_VARIANTS.values()]


def false_fails(checker: Checker, exponents: tuple[float, float] | None) -> tuple[int, int]:
    """Return how many right layers a course's checker fails, of how many times drawn inputs."""
    fails = runs = 0
    for name, made in right_layers():
        for number in range(DRAWS):
            runs += 1
            with quiet():
                try:
                    fails += not checker(made, name, _inputs(number, exponents))
                except Exception:  # noqa: BLE001 - a checker that raises has failed a right layer
                    fails += 1
    return fails, runs


def own_false_fails(exponents: tuple[float, float] | None) -> tuple[int, int]:
    """Return the same for dout's forward and backward checks, at the same drawn points."""
    given = assignment()
    specs = {(spec.layer, spec.kind): spec for spec in given.check}
    right = dict(zip((layer.name for layer in given.layer), given.reference_classes(), strict=True))
    fails = runs = 0
    for name, made in right_layers():
        index = given.layer_index(name)
        for number in range(DRAWS):
            inputs = _inputs(number, exponents)
            x, y, dout = (inputs.draw().tolist() for _ in range(3))
            points = [("drawn", (a, b), c) for a, b, c in zip(x, y, dout, strict=True)]
            # The test of proportionality needs a point that scaling keeps away from under- and overflow.
            cases = list(number_cases(index, given.layer[index], [*points, ("moderate", (2.5, 1.5), 1.25)]))
            drawn = Bank(cases, "")
            evidence = Evidence(given, drawn, observe_classes([*(right | {name: made}).values()], drawn))
            runs += 1
            fails += bool(
                check_forward(evidence, specs[name, "forward"]) or check_backward(evidence, specs[name, "backward"])
            )
    return fails, runs


def whole_gradings() -> tuple[int, int, int]:
    """Return (false fails, gradings, judged answers) of whole gradings of right files on drawn banks."""
    files = [f"{text}\n{RIGHT_ADD}" for text in MUL_VARIANTS.values()]
    files += [f"{text}\n{RIGHT_MUL}" for text in ADD_VARIANTS.values()]
    pairs = [classes_in(text) for text in files]
    fails = runs = answers = 0
    for _ in range(BANKS):
        cases = bank(DRAWN_BANKS.getrandbits(62))
        judged = sum(step.op in {FORWARD, BACKWARD} for case in cases.cases for step in case.steps)
        for pair in pairs:
            runs += 1
            answers += judged
            fails += bool(failed(judge(observe_classes(pair, cases), cases)))
    return fails, runs, answers


def percent(part: int, whole: int) -> str:
    """Return a share in words that do not round a rare failure to nothing."""
    if 1000 * part < whole:
        return f"{part} of {whole}"
    return f"{100 * part / whole:.1f} %"


def row(cells: Sequence[str]) -> str:
    """Return one row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure and print."""
    began = time.perf_counter()
    print("### False passes: wrong layers that get full marks\n")
    print(row(["Checker", *TABLES, "all"]))
    print(row(["---"] * (len(TABLES) + 2)))
    for title, counts in [
        *((title, false_passes(checker)) for title, checker in COURSE.items()),
        ("dout", own_false_passes()),
    ]:
        total = percent(sum(passed for passed, _ in counts.values()), sum(whole for _, whole in counts.values()))
        print(row([title, *(percent(*counts[table]) for table in TABLES), total]))

    print("\n### False fails: right layers that fail\n")
    print(row(["Checker", *(f"inputs {regime}" for regime in REGIMES)]))
    print(row(["---"] * (len(REGIMES) + 1)))
    for title, checker in COURSE.items():
        print(row([title, *(percent(*false_fails(checker, exponents)) for exponents in REGIMES.values())]))
    print(row(["dout", *(percent(*own_false_fails(exponents)) for exponents in REGIMES.values())]))
    fails, runs, answers = whole_gradings()
    print(f"\nWhole gradings of right files by dout: {fails} false fails in {runs}, {answers:,} answers judged.")
    print(f"Python {platform.python_version()}, numpy {np.__version__}; {time.perf_counter() - began:.0f} s.")


if __name__ == "__main__":
    main()
