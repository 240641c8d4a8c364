"""The bank of cases: the same inputs for every learner of an assignment and seed, stored as bytes with a hash.

A bank is strata first (signs, zeros, ones, large, tiny, equal inputs, shapes, dtypes), then draws made with Hypothesis
strategies when the bank is built (:mod:`harness.draws`). Hypothesis never draws live for a grade: it collects constants
from the modules it finds loaded, so two learners whose files differ by one number would get different cases.
"""

import hashlib
import os
import sys
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import msgspec

import harness
from harness.assignment import BUILT_IN, Assignment
from harness.errors import SandboxError, UsageError
from harness.records import CasesId, Record
from harness.sandbox.protocol import FORWARD, NEW, Step
from harness.sentence import Sentence

__all__ = ["Bank", "Case", "bank_for", "cache_directory", "decode_bank", "forward_of", "packed_cases"]


#: Every reader of JSON holds whole numbers up to here exactly (RFC 8259, section 6).
LARGEST_SEED = (1 << 53) - 1


class Case(Record, frozen=True, dict=True):
    """One sequence of calls on fresh instances."""

    #: ``layer/kind``, for example ``MulLayer/numbers``, or ``graph/shop``.
    group: str
    #: Why this case is in the bank, in words that a report can show.
    stratum: str
    #: The layers whose classes it needs, by index.
    layers: tuple[int, ...]
    steps: list[Step]
    #: For a group's own use: what this case is to another one of the group.
    relation: tuple[int, ...] = ()

    @cached_property
    def answered(self) -> list[int]:
        """The steps that a worker answers: all but those that only construct."""
        return [number for number, step in enumerate(self.steps) if step.op != NEW]


def forward_of(case: Case, step: int) -> int:
    """Return the forward that a step belongs to: itself, or the last one before it on the same instance."""
    slot = case.steps[step].slot
    return max(n for n in range(step + 1) if case.steps[n].op == FORWARD and case.steps[n].slot == slot)


class StoredBank(Record, frozen=True):
    """What the bytes of a bank hold."""

    assignment: str
    seed: int
    made_with: str
    cases: list[Case]


class Bank:
    """The cases of one assignment and seed, with the wire form made once."""

    def __init__(self, cases: list[Case], sha256: str) -> None:
        self.cases = cases
        self.groups: dict[str, list[int]] = {}
        for index, case in enumerate(cases):
            self.groups.setdefault(case.group, []).append(index)
        #: How many answers a worker gives to all of them.
        self.answers = sum(len(case.answered) for case in cases)
        self.identity = CasesId(count=len(cases), sha256=sha256)
        self.packed = packed_cases(cases)


def packed_cases(cases: Sequence[Case]) -> msgspec.Raw:
    """Return the cases as they are sent."""
    return msgspec.Raw(msgspec.msgpack.encode([case.steps for case in cases]))


def decode_bank(data: bytes, assignment: Assignment, seed: int) -> Bank | None:
    """Return the bank in ``data``, or None when it is damaged or belongs to something else."""
    try:
        stored = msgspec.msgpack.decode(data, type=StoredBank)
    except msgspec.MsgspecError:
        return None
    if stored.assignment != assignment.sha256 or stored.seed != seed:
        return None
    return Bank(stored.cases, hashlib.sha256(data).hexdigest())


def encode_bank(assignment: Assignment, seed: int, made_with: str, cases: list[Case]) -> bytes:
    """Return the bytes of a bank."""
    stored = StoredBank(assignment=assignment.sha256, seed=seed, made_with=made_with, cases=cases)
    return msgspec.msgpack.encode(stored)


def shipped_path(assignment: Assignment) -> Path:
    """Return where the bank of a built-in assignment's default seed lies in the package."""
    return BUILT_IN / assignment.id.replace("-", "_") / f"bank-{assignment.default_seed}.bin"


def cache_directory() -> Path | None:
    """Return the folder for banks that were built on this machine; None when there is no home to keep them in."""
    try:
        return _cache_directory()
    except RuntimeError:
        return None


def _cache_directory() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local").expanduser() / "dout"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/dout").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "dout"


@lru_cache(maxsize=8)
def bank_for(assignment: Assignment, seed: int) -> Bank:
    """Return the bank of cases of ``assignment`` and ``seed``: shipped, cached, or built now (about a second).

    Raises:
        UsageError: the seed is out of range.
        SandboxError: it could not be built.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(
            Sentence("the seed {seed} is not between 0 and 2^53 - 1", seed=seed),
            Sentence("choose a smaller whole number"),
        )
    name = f"bank-{assignment.sha256[:16]}-{seed}-{harness.__version__}.bin"
    cache = cache_directory()
    for path in (shipped_path(assignment), *([cache / name] if cache else [])):
        try:
            bank = decode_bank(path.read_bytes(), assignment, seed)
        except OSError:
            continue
        if bank is not None:
            return bank
    data = _built_elsewhere(assignment, seed)
    bank = decode_bank(data, assignment, seed)
    if bank is None:
        raise SandboxError(Sentence("the cases that were built do not belong to this assignment"))
    if cache:
        _store(cache / name, data)
    return bank


def _built_elsewhere(assignment: Assignment, seed: int) -> bytes:
    """Build in a fresh interpreter: Hypothesis looks at the modules loaded, and the grader's may be anyone's."""
    import subprocess

    root = str(Path(harness.__file__).resolve().parent.parent)
    start = f"import sys; sys.path.insert(0, {root!r}); from harness.draws import main; main()"
    request = msgspec.json.encode({"assignment": assignment, "seed": seed})
    done = subprocess.run(
        [sys.executable, "-s", "-P", "-B", "-W", "ignore", "-c", start],
        input=request,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise SandboxError(
            Sentence("the cases of seed {seed} could not be built: {error}", seed=seed, error=" ".join(last))
        )
    return done.stdout


def _store(path: Path, data: bytes) -> None:
    """Keep a bank for the next time; a home that cannot be written to only costs that second again."""
    # A name of its own for each process: two that build the same bank write the same bytes.
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError:
        return
