"""Prints how often a mistake gets its right name: code x (right, general, wrong), on layers with a known mistake.

The layers are those of ``tests/judging/naming``, each mistake in several spellings. A general code says that a value is
wrong without saying why; a wrong specific one would send a learner the wrong way, and fails this program.
"""

import sys
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "judging"))

from inprocess import judge
from mutants import TABLES, Mutant, submission
from naming import FITTING, NAMED, TWO_AT_ONCE, Named

from harness.diagnosis import GENERAL


class Count(NamedTuple):
    """How many wrong layers got which kind of code."""

    right: int = 0
    general: int = 0
    wrong: int = 0


def code_of(named: Named) -> str | None:
    """Return the code that the check of a named mistake gets."""
    return judge(submission(named.layer, named.source))[named.check].code


def counted(pool: Executor, wanted: str | None, layers: dict[str, Named]) -> tuple[Count, list[str]]:
    """Return the counts, and a line for each layer that did not get ``wanted``."""
    right = general = wrong = 0
    lines = []
    for (name, named), code in zip(layers.items(), pool.map(code_of, layers.values()), strict=True):
        if code == wanted:
            right += 1
            continue
        general += code in GENERAL
        wrong += code not in GENERAL
        if wanted is not None or code not in GENERAL:
            lines.append(f"{wanted}: {code} for {named.check} of {name!r}")
    return Count(right, general, wrong), lines


def codes_of(mutant: Mutant) -> list[str]:
    """Return the codes of the checks that a mutant fails."""
    results = judge(submission(mutant.layer, mutant.source)).values()
    return [result.code for result in results if result.code is not None]


def fitting(pool: Executor, table: str) -> Count:
    """Return how many failed checks of a table of mutants got a fitting name; many have no mistake of the catalogue."""
    codes = [code for codes in pool.map(codes_of, TABLES[table].values(), chunksize=8) for code in codes]
    general = sum(code in GENERAL for code in codes)
    right = sum(code in FITTING[table] for code in codes)
    return Count(right, general, len(codes) - right - general)


def main() -> int:
    """Measure and print; the exit status is 1 when a wrong specific code was given."""
    with ProcessPoolExecutor() as pool:
        rows = {code: counted(pool, code, layers) for code, layers in NAMED.items()}
        two, lines = counted(pool, None, TWO_AT_ONCE)
        suite = {table: fitting(pool, table) for table in TABLES}
    print("| code | right | general | wrong |\n|---|---|---|---|")
    for code, (count, _) in rows.items():
        print(f"| `{code}` | {count.right} | {count.general} | {count.wrong} |")
    total = Count(*(sum(count[n] for count, _ in rows.values()) for n in range(3)))
    print(f"| all | {total.right} | {total.general} | {total.wrong} |")
    print(f"| two mistakes at once | - | {two.general} | {two.wrong} |")
    print(f"\n{100 * total.right / sum(total):.1f} % of {sum(total)} got the right code.")
    print("\n| mutation suite, every failed check | fitting | general | wrong |\n|---|---|---|---|")
    for table, count in suite.items():
        print(f"| {table} | {count.right} | {count.general} | {count.wrong} |")
    print()
    for line in [*(line for _, some in rows.values() for line in some), *lines]:
        print(line)
    return 1 if total.wrong or two.wrong or any(count.wrong for count in suite.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
