"""The hostile submissions, and what must come of each: points that it may earn, and verdicts on what it attacks."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["ADD", "ATTACKS", "FORWARD", "HOSTILE", "MUL_BACKWARD", "RETURNS", "Attack", "hostile_text", "returning"]

HOSTILE = Path(__file__).parent / "hostile"
ADD = 30.0
#: MulLayer.backward, where forward keeps the inputs but returns something else.
MUL_BACKWARD = 20.0
#: Levels at which an attack is tried: A to D with a zygote, F a fresh child (also level D). An attack on the worker's
#: or the grader's own code meets the same code at all of them, so that most are tried at one.
LOCKED, BEST = "ABC", "AB"
#: Checks of a layer that fail by themselves when its method does not answer.
FORWARD, BACKWARD = "MulLayer.forward", "MulLayer.backward"


class Attack(NamedTuple):
    """One row of the table."""

    name: str
    #: Points that are really earned, at the levels where the attack is promised to be stopped. None where they depend
    #: on how fast the machine is.
    score: float | None
    #: Check to the verdicts that it may have.
    verdicts: dict[str, set[str]] = {}  # noqa: RUF012 - never changed
    levels: str = "A"
    #: Down to this level the points are promised; below it, the attack may work.
    promised: str = "F"
    variant: int = 0
    #: Source text instead of a file.
    text: str = ""

    @property
    def title(self) -> str:
        """The name of the test."""
        return f"{self.name}-{self.variant}" if self.variant else self.name


def stopped(name: str, levels: str = LOCKED, promised: str = "B") -> Attack:
    """An attack on the system: right layers, which raise when it worked."""
    return Attack(name, 100.0, levels=levels, promised=promised)


def survived(name: str, levels: str = "A", text: str = "") -> Attack:
    """An attack on the worker from the top level, beside layers that are right."""
    return Attack(name, 100.0, levels=levels, text=text)


def spoils_mul(name: str, *verdicts: str, levels: str = "A", variant: int = 0) -> Attack:
    """An attack from within MulLayer.forward: AddLayer keeps its points, and MulLayer and the graph get none."""
    return Attack(name, ADD, {FORWARD: set(verdicts)}, levels, variant=variant)


def _variants(name: str, count: int, *verdicts: str) -> Iterator[Attack]:
    for variant in range(count):
        yield spoils_mul(name, *verdicts, variant=variant)


MEGABYTE = 1 << 20
GENERATED = {
    "parentheses": "x = " + "(" * 5000 + "1" + ")" * 5000 + "\n",
    "brackets_that_stay_open": "x = " + "[" * 100000 + "\n",
    "unary_depth": "x = " + "-" * 100000 + "1\n",
    "sum_depth": "x = " + "1 + " * 100000 + "1\n",
    "attribute_depth": "x = a" + ".b" * 100000 + "\n",
    "call_depth": "x = a" + "()" * 50000 + "\n",
    "lambda_depth": "x = " + "lambda: " * 30000 + "1\n",
    "indentation": "".join(" " * depth + "if 1:\n" for depth in range(99)) + " " * 99 + "pass\n",
    "f_string_depth": "x = f'{" * 100 + "\n",
    "a_megabyte_of_text": "'" + "x" * (MEGABYTE - 8192) + "'\n",
    "a_long_class_name": f"class {'A' * (MEGABYTE - 8192)}:\n    pass\n",
    "a_thousand_classes": "".join(f"class C{number}: pass\n" for number in range(1000)),
    "twenty_thousand_methods": "".join(
        f"class C{number}:\n" + "".join(f"    def method_number_{n}(self): pass\n" for n in range(100))
        for number in range(200)
    ),
    "long_names_of_methods": "".join(
        f"class C{number}:\n" + "".join(f"    def {'m' * 200}{n}(self): pass\n" for n in range(40))
        for number in range(90)
    ),
    "a_huge_number": "x = 0x" + "f" * 500000 + "\n",
    "a_decimal_that_is_too_long": "x = " + "9" * 100000 + "\n",
    "ten_thousand_warnings": "undefined_name\n" * 10000,
    "all_modules": '"""\n@MODULES@\n"""\n',
}

#: More than may fit in the time that the tests give.
SLOW = {
    "sixty_thousand_statements": "a=1\n" * 60_000,
    "sixty_thousand_broken_lines": "a b\n" * 60_000,
    "a_hundred_thousand_classes": "class A:0\n" * 100_000,
}

ATTACKS = [
    # Time
    survived("loop_at_import", levels="AF"),
    spoils_mul("loop_in_forward", "timeout", levels="ADF"),
    Attack(
        "loop_in_backward", ADD + 10 + 5, {FORWARD: {"passed"}, BACKWARD: {"timeout"}, "graph.shop_forward": {"passed"}}
    ),
    spoils_mul("loop_in_init", "timeout"),
    spoils_mul("loop_in_del", "timeout"),
    spoils_mul("loop_in_str", "timeout"),
    survived("loop_at_exit", levels="AF"),
    survived("loop_after_answers"),
    spoils_mul("ignores_signals", "timeout"),
    spoils_mul("holds_the_interpreter", "timeout", levels="AF"),
    spoils_mul("sleeps", "timeout", levels="AF"),
    spoils_mul("drips", "timeout", levels="AF"),
    stopped("late_signal", BEST),
    spoils_mul("stops_itself", "timeout"),
    spoils_mul("kills_itself", "crashed", "memory_limit"),
    spoils_mul("hash_collisions", "timeout"),
    # Memory
    stopped("memory_bytes", "ABCF", "F"),
    spoils_mul("memory_bytes_in_forward", "memory_limit"),
    spoils_mul("memory_numpy", "memory_limit", levels="AF"),
    spoils_mul("memory_small_objects", "memory_limit", "timeout", levels="A"),
    spoils_mul("memory_swallowed", "timeout", levels="A"),
    spoils_mul("memory_text", "memory_limit", levels="AF"),
    spoils_mul("memory_nested", "contract", "crashed"),
    stopped("memory_in_files", BEST),
    # Processes
    stopped("forks", "ABCD"),
    stopped("daemon", "ABCD"),
    stopped("family", "ABCD"),
    stopped("threads", "ABCDF"),
    stopped("executes", "ABCF"),
    survived("exits_at_import", levels="ADF"),
    spoils_mul("exits_in_forward", "crashed", levels="ADF"),
    survived("exits_politely_at_import", levels="AF"),
    spoils_mul("exits_politely_in_forward", "raised"),
    spoils_mul("interrupts", "raised", levels="AF"),
    spoils_mul("segfault", "crashed", levels="ADF"),
    spoils_mul("aborts", "crashed"),
    spoils_mul("recursion", "raised", levels="AF"),
    spoils_mul("recursion_without_limit", "crashed", "raised", "memory_limit", "timeout", levels="A"),
    Attack("deletes_builtins", 0.0),
    spoils_mul("deletes_builtins_in_forward", "crashed", "raised", levels="ADF"),
    survived("closes_the_channel", levels="ADF"),
    spoils_mul("closes_the_channel_in_forward", "crashed", levels="AF"),
    # Python
    spoils_mul("raises_in_str", "raised"),
    spoils_mul("returns_no_text", "raised", "crashed"),
    spoils_mul("long_message", "raised", levels="A"),
    survived("hostile_classes", levels="ADF"),
    spoils_mul("lies_in_errors", "raised"),
    spoils_mul("hostile_constructor", "raised"),
    spoils_mul("hostile_attributes", "raised"),
    survived("empties_the_interpreter"),
    survived("low_recursion_limit"),
    Attack("traces_the_worker", 0.0, {"AddLayer.forward": {"crashed"}}),
    Attack("poisons_its_module", 0.0),
    survived("warns_as_errors"),
    survived("patches_numpy"),
    spoils_mul("patches_numpy_to_pass", "wrong"),
    Attack("patches_the_worker", ADD, {FORWARD: {"wrong"}}),
    Attack("patches_encoding", 0.0, {FORWARD: {"wrong"}}),
    Attack("patches_evaluation", 0.0, {"AddLayer.forward": {"crashed"}}),
    Attack("patches_imports", 0.0),
    survived("searches_memory", levels="ADF"),
    spoils_mul("poisons_the_names", "raised", levels="AF"),
    spoils_mul("poisons_with_surrogates", "raised", levels="AF"),
    stopped("pickle_bomb", BEST)._replace(score=ADD, verdicts={FORWARD: {"contract"}}),
    # Files
    stopped("reads_files"),
    stopped("looks_at_files"),
    stopped("writes_files"),
    stopped("reads_the_judge", "ABC", "C"),
    stopped("reads_other_submissions"),
    stopped("reads_proc"),
    stopped("reads_the_environment", "ABCDF", "F"),
    stopped("uses_descriptors", "ABCD", "D"),
    survived("floods_output", levels="ADF"),
    # The rest of the system
    stopped("sockets"),
    stopped("signals_others"),
    stopped("traces_others", BEST),
    stopped("adjusts_others", BEST),
    stopped("asks_for_signals", BEST),
    stopped("calls_the_kernel", BEST),
    survived("calls_another_kernel", BEST),
    stopped("makes_code"),
    stopped("changes_identity", BEST),
    # The channel
    spoils_mul("forged_done", "crashed", levels="ADF"),
    Attack("forged_load", 0.0),
    spoils_mul("forged_order", "crashed"),
    Attack("forged_later", 0.0),
    spoils_mul("forged_through_emit", "crashed"),
    spoils_mul("forged_oversized", "crashed", levels="AF"),
    spoils_mul("forged_garbage", "crashed", levels="AF"),
    spoils_mul("forged_truncated", "crashed", levels="AF"),
    spoils_mul("forged_empty", "crashed"),
    spoils_mul("forged_depth", "crashed", levels="AF"),
    spoils_mul("forged_maps", "crashed"),
    *_variants("forged_shapes", 11, "crashed", "contract"),
    *_variants("forged_values", 11, "crashed"),
    spoils_mul("forged_no_values", "crashed"),
    spoils_mul("forged_many_values", "crashed"),
    Attack("forged_unchanged", None, {"AddLayer.state": {"passed"}, "MulLayer.state": {"crashed", "blocked"}}),
    spoils_mul("forged_text", "crashed"),
    *_variants("forged_lines", 5, "crashed"),
    spoils_mul("forged_numbers", "crashed"),
    Attack("forged_faults", ADD + 10 + 5, {FORWARD: {"passed"}, BACKWARD: {"crashed"}}),
    spoils_mul("forged_again", "crashed"),
    survived("forged_ready", levels="AF"),
    spoils_mul("forged_size", "contract"),
    survived("forged_flood", levels="AF"),
    stopped("sends_descriptors", BEST),
    survived("forged_frames_late"),
    # Text
    *(survived(name, text=text) for name, text in GENERATED.items()),
    *(Attack(name, None, text=text) for name, text in SLOW.items()),
]

#: What MulLayer.forward returns instead of x * y, to the verdict on it.
RETURNS = {
    "None": "contract",
    "True": "contract",
    "'6'": "contract",
    "b'6'": "contract",
    "10 ** 400": "contract",
    "()": "contract",
    "[]": "contract",
    "{}": "contract",
    "(x * y,)": "contract",
    "[x * y] * 1000000": "contract",
    "iter([x * y])": "contract",
    "(x * y for _ in range(1))": "contract",
    "range(10 ** 18)": "contract",
    "type": "contract",
    "self": "contract",
    "lambda: x * y": "contract",
    "float('nan')": "wrong",
    "np.uint64(0x7FF8DEADBEEF0001).view('f8')": "wrong",
    "np.full_like(np.asarray(x, 'f8'), np.nan)": "wrong",
    "float('inf')": "wrong",
    "-(x * y)": "wrong",
    "np.float32(x) * np.float32(y)": "wrong",
    "np.longdouble(x) * np.longdouble(y)": "contract",
    "complex(x * y)": "contract",
    "np.complex128(x * y)": "contract",
    "np.array(x * y, dtype=object)": "contract",
    "np.array([(x * y,)], dtype=[('a', 'f8')])": "contract",
    "np.array('2020', dtype='M8[D]')": "contract",
    "np.array('6')": "contract",
    "np.array(b'6')": "contract",
    "np.array(bytes(16), dtype='V16')": "contract",
    "np.broadcast_to(x * y, (10 ** 9, 10 ** 9))": "contract",
    "np.broadcast_to(x * y, (0, 2 ** 40))": "contract",
    "np.broadcast_to(x * y, (1,) * 32)": "contract",
    "np.lib.stride_tricks.as_strided(np.zeros(1), (1000,), (1 << 40,))": "crashed",
    "np.ma.masked": "wrong",
    "np.ma.array([x * y], mask=[True])": "contract",
    "np.matrix(x * y)": "contract",
    "np.zeros((0, 3))": "contract",
    "memoryview(bytes(8))": "contract",
    "Float(x * y)": "contract",
    "Array(x * y)": "contract",
    "Subclass(x * y)": "wrong",
    "Equal()": "contract",
    "Liar()": "raised",
    "Endless()": "timeout",
    "Tuple((x * y,))": "crashed",
    "CYCLE": "contract",
    "Poisoned()": "contract",
}

_RETURN_TYPES = '''
import numpy as np


class Float(float):
    """A float that lies about itself."""

    def __float__(self):
        return 6.0

    __eq__ = __le__ = __ge__ = lambda self, other: True
    __hash__ = None


class Array:
    """Something that becomes whatever numpy asks for."""

    def __init__(self, value):
        self.value = value

    def __array__(self, *arguments, **named):
        return np.asarray(self.value)

    __float__ = lambda self: self.value


class Wrong(np.ndarray):
    """An array of wrong values that equals every other."""

    def __eq__(self, other):
        return np.ones(self.shape, bool)

    __ne__ = __sub__ = __rsub__ = lambda self, other: np.zeros(self.shape)
    tobytes = __reduce__ = __array_finalize__ = lambda self, *arguments: None


def Subclass(value):
    return (np.asarray(value, "f8") * 2).view(Wrong)


class Equal:
    """Equals everything, and every calculation with it gives itself."""

    __eq__ = __ge__ = __le__ = lambda self, other: True
    __abs__ = __neg__ = lambda self: self
    __sub__ = __rsub__ = __mul__ = __rmul__ = lambda self, other: self
    __float__ = lambda self: 0.0
    __hash__ = None


class Liar:
    """Says that it is a tuple, which it is not."""

    __class__ = tuple


class Endless:
    """Says that it is a tuple, and never ends."""

    __class__ = tuple

    def __getitem__(self, item):
        return iter(int, 1)


class Tuple(tuple):
    """A pair as soon as it is cut."""

    def __getitem__(self, item):
        return (1.0,) * 1000


class Poisoned:
    """Has a name that steers what shows it."""


Poisoned.__name__ = "\\x1b[2J\\u202e\\u2028::error::"
CYCLE = []
CYCLE.append(CYCLE)
'''


def returning(expression: str) -> str:
    """Return a submission in which MulLayer.forward returns ``expression``; its AddLayer is right."""
    return _with_layers(
        f"{_RETURN_TYPES}\n\nclass MulLayer(RightMul):\n"
        f"    def forward(self, x, y):\n        super().forward(x, y)\n        return {expression}\n"
    )


def hostile_text(attack: Attack) -> str:
    """Return the submission of a row, ready for the names in it to be filled in."""
    text = attack.text or (HOSTILE / f"{attack.name}.py").read_text("utf-8")
    return _with_layers(text.replace("@VARIANT@", str(attack.variant)))


def _with_layers(text: str) -> str:
    before = (HOSTILE / "before.py.txt").read_text("utf-8")
    missing = [name for name in ("Add", "Mul") if f"class {name}Layer" not in text]
    return before + text + "".join(f"\n\nclass {name}Layer(Right{name}):\n    pass\n" for name in missing)
