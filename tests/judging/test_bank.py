"""The bank of cases: the same bytes for everybody, all strata in it, and never a reason to fail."""

import hashlib
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import numpy as np
import pytest
from inprocess import assignment, bank

import harness
from harness import cases as cases_module
from harness.assignment import built_in
from harness.cases import bank_for, cache_directory, decode_bank, encode_bank, forward_of, shipped_path
from harness.draws import build_bank, draw
from harness.errors import SandboxError, UsageError
from harness.grader import grade, judge_trusted
from harness.language import language
from harness.notes import said_in
from harness.records import Outcome, Verdict
from harness.sandbox.protocol import BACKWARD, FORWARD, LOOK, NEW
from harness.sandbox.runner import Sandbox
from harness.sandbox.values import ARRAY, RESULT, unpack_array
from harness.strata import lattice_limit, stratum_in_words
from harness.submission import read_submission

SEED = 7
ROOT = Path(harness.__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return built_by_a_process_of_its_own(SEED, tmp_path_factory.mktemp("bank"), "0")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache, and a process that remembers no bank."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    bank_for.cache_clear()
    yield tmp_path
    bank_for.cache_clear()


def built_by_a_process_of_its_own(seed, folder, hash_seed, root=ROOT):
    request = msgspec.json.encode({"assignment": assignment(), "seed": seed})
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(root)!r}); from harness.draws import main; main()",
        ],
        input=request,
        capture_output=True,
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    return done.stdout


def test_a_bank_has_the_same_bytes_in_every_process_and_folder(built, tmp_path):
    (tmp_path / "layers.py").write_text("T = 54321.5\n", encoding="utf-8")
    assert built_by_a_process_of_its_own(SEED, tmp_path, "1") == built
    assert built_by_a_process_of_its_own(SEED, ROOT, "2") == built


def test_an_installed_copy_builds_the_same_bank(built, tmp_path):
    """Hypothesis draws numbers that it finds in modules outside of site-packages, dout's own among them."""
    installed = tmp_path / "lib" / "python3" / "site-packages"
    elsewhere = tmp_path / "src"
    for root, constant in ((installed, ""), (elsewhere, "\nCONSTANTS = (98765, 54321.5, 7.25e20)\n")):
        for package in ("harness", "reference"):
            shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
        with (root / "harness" / "strata.py").open("a", encoding="utf-8") as module:
            module.write(constant)
        assert built_by_a_process_of_its_own(SEED, tmp_path, "0", root) == built


def test_another_seed_gives_another_bank(built, tmp_path):
    other = built_by_a_process_of_its_own(SEED + 1, tmp_path, "0")
    assert other != built
    drawn = [
        [case.steps for case in decode_bank(data, assignment(), seed).cases if case.stratum.startswith("drawn")]
        for data, seed in ((built, SEED), (other, SEED + 1))
    ]
    assert all(one != another for one, another in zip(*drawn, strict=True))


def test_the_bank_that_ships_is_the_one_that_would_be_built_of_the_same_strata():
    """The drawn numbers may come from another version of Hypothesis; the listed ones may not differ."""
    given = assignment()
    shipped = decode_bank(shipped_path(given).read_bytes(), given, given.default_seed)
    fresh = decode_bank(build_bank(given, given.default_seed), given, given.default_seed)
    assert [(case.group, case.stratum) for case in shipped.cases] == [
        (case.group, case.stratum) for case in fresh.cases
    ]
    listed = [
        [
            case
            for case in one.cases
            if "drawn" not in case.stratum and "times" not in case.stratum and not case.relation
        ]
        for one in (shipped, fresh)
    ]
    assert listed[0] == listed[1]


def test_the_default_bank_is_read_from_the_package_and_nothing_is_stored(home, monkeypatch):
    monkeypatch.setattr(cases_module, "_built_elsewhere", None)
    given = assignment()
    assert bank_for(given, given.default_seed).identity == bank().identity
    assert not list(home.iterdir())


def test_a_bank_is_built_once_and_kept(home, built, monkeypatch):
    first = bank_for(assignment(), SEED)
    (stored,) = (home / "dout").iterdir()
    assert stored.read_bytes() == built
    bank_for.cache_clear()
    monkeypatch.setattr(cases_module, "_built_elsewhere", None)
    assert bank_for(assignment(), SEED).identity == first.identity


@pytest.mark.parametrize(
    "damage", [b"", b"\x00", b"not a bank", bytes(1000)], ids=["empty", "one byte", "text", "zeros"]
)
def test_a_damaged_cache_is_built_again(home, built, monkeypatch, damage):
    monkeypatch.setattr(cases_module, "_built_elsewhere", lambda *_: built)
    bank_for(assignment(), SEED)
    (stored,) = (home / "dout").iterdir()
    stored.write_bytes(damage)
    bank_for.cache_clear()
    assert bank_for(assignment(), SEED).identity.sha256 == hashlib.sha256(built).hexdigest()
    assert stored.read_bytes() == built


def test_a_cache_cut_off_in_the_middle_is_built_again(home, built, monkeypatch):
    for length in (len(built) // 2, len(built) - 1):
        assert decode_bank(built[:length], assignment(), SEED) is None


def test_another_seeds_or_assignments_bank_is_not_taken(built):
    assert decode_bank(built, assignment(), SEED + 1) is None
    changed = msgspec.structs.replace(assignment(), sha256="0" * 64)
    assert decode_bank(built, changed, SEED) is None


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(home, built, monkeypatch):
    (home / "dout").write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setattr(cases_module, "_built_elsewhere", lambda *_: built)
    assert bank_for(assignment(), SEED).identity.count == len(bank().cases)


def test_nothing_but_the_bank_is_left_in_the_cache(home, built, monkeypatch):
    monkeypatch.setattr(cases_module, "_built_elsewhere", lambda *_: built)
    bank_for(assignment(), SEED)
    assert [path.suffix for path in (home / "dout").iterdir()] == [".bin"]


def test_a_bank_that_cannot_be_built_is_the_graders_fault(home, monkeypatch):
    given = msgspec.structs.replace(assignment(), layer=())
    with pytest.raises(SandboxError, match="the cases of seed 3 could not be built"):
        bank_for(given, 3)


def test_a_bank_of_something_else_is_not_taken(home, built, monkeypatch):
    monkeypatch.setattr(cases_module, "_built_elsewhere", lambda *_: built)
    with pytest.raises(SandboxError, match="do not belong"):
        bank_for(assignment(), SEED + 1)


@pytest.mark.parametrize("seed", [-1, 1 << 53, 10**30])
def test_a_seed_out_of_range_is_the_callers_mistake(seed):
    with pytest.raises(UsageError, match="is not between 0 and"):
        bank_for(assignment(), seed)


@pytest.mark.parametrize("seed", [0, (1 << 53) - 1])
def test_every_seed_in_range_gives_a_whole_bank(seed):
    assert len(bank(seed).cases) == len(bank().cases)


@pytest.mark.parametrize(
    ("platform", "variable", "folder"),
    [("linux", "XDG_CACHE_HOME", "dout"), ("darwin", "HOME", "Library/Caches/dout")],
)
def test_the_cache_is_where_the_system_keeps_caches(platform, variable, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache_directory() == tmp_path / folder


def test_the_report_names_the_bank_by_its_hash(tmp_path):
    (tmp_path / "layers.py").write_text("class MulLayer: pass\n", encoding="utf-8")
    given = assignment()
    with Sandbox() as sandbox:
        report = grade(read_submission(tmp_path / "layers.py"), given, sandbox=sandbox)
    assert report.outcome is Outcome.GRADED
    assert report.cases.sha256 == hashlib.sha256(shipped_path(given).read_bytes()).hexdigest()
    assert report.cases.count == len(bank().cases)


SEEDS = pytest.mark.parametrize("seed", [None, 0, SEED, 2**62])


@SEEDS
def test_the_reference_itself_gets_full_marks(seed):
    results = judge_trusted(assignment(), bank(seed), assignment().reference_classes())
    assert all(result.verdict is Verdict.PASSED for result in results)


@SEEDS
def test_every_check_has_cases(seed):
    groups = bank(seed).groups
    assert groups.keys() == {
        *(f"{layer.name}/{kind}" for layer in assignment().layer for kind in ("numbers", "arrays", "lattice", "state")),
        "graph/shop",
        "graph/random",
    }
    assert min(map(len, groups.values())) >= 3


def points(seed, layer="MulLayer"):
    for index in bank(seed).groups[f"{layer}/numbers"]:
        _, forward, backward = bank(seed).cases[index].steps
        yield (*forward.args, *backward.args)


@SEEDS
def test_every_pattern_of_signs_is_asked(seed):
    moderate = [values for values in points(seed) if all(0.01 < abs(value) < 1000 for value in values)]
    patterns = {tuple(value > 0 for value in values) for values in moderate}
    assert patterns == set(itertools.product((True, False), repeat=3))


@SEEDS
@pytest.mark.parametrize("special", [0.0, 1.0, -1.0, 2.0])
def test_special_numbers_are_asked_in_every_place(seed, special):
    assert all(any(values[place] == special for values in points(seed)) for place in range(3))


@SEEDS
@pytest.mark.parametrize("layer", ["AddLayer", "MulLayer"])
def test_every_pair_of_zero_one_and_minus_one_is_asked_in_every_pair_of_places(seed, layer):
    for one, other in itertools.combinations(range(3), 2):
        asked = {(values[one], values[other]) for values in points(seed, layer)}
        assert asked >= set(itertools.product((0, 1, -1), repeat=2))


REGIONS = {
    "whole numbers whose product no int32 holds": lambda x, y, dout: type(x) is type(y) is int and abs(x * y) >= 2**31,
    "equal inputs": lambda x, y, dout: x == y and abs(x) not in {0, 1},
    "opposite inputs": lambda x, y, dout: x == -y and abs(x) not in {0, 1},
    "Python integers": lambda x, y, dout: all(type(value) is int for value in (x, y, dout)),
    "integers with a float": lambda x, y, dout: type(x) is int and type(dout) is float,
    "a dout that is not 1": lambda x, y, dout: dout not in (0, 1, -1),
    "a product that is not whole": lambda x, y, dout: x * y % 1,
    "over 1000": lambda x, y, dout: abs(x) > 1000,
    "under -1000": lambda x, y, dout: y < -1000,
    "over 100 000": lambda x, y, dout: abs(x) > 1e5,
    "large": lambda x, y, dout: abs(x) > 1e59,
    "floats alone": lambda x, y, dout: all(type(value) is float for value in (x, y, dout)),
    "both large": lambda x, y, dout: min(abs(x), abs(y)) > 1e59,
    "both tiny": lambda x, y, dout: 0 < max(abs(x), abs(y)) < 1e-59 and x * y,
    "a large y": lambda x, y, dout: abs(y) > 1e59,
    "tiny": lambda x, y, dout: 0 < abs(x) < 1e-59,
    "a tiny y": lambda x, y, dout: 0 < abs(y) < 1e-59,
    "a large dout": lambda x, y, dout: abs(dout) > 1e59,
    "a tiny dout": lambda x, y, dout: 0 < abs(dout) < 1e-59,
    "large and small": lambda x, y, dout: abs(x) > 1e50 and 0 < abs(y) < 1e-50,
    "over 24 bits": lambda x, y, dout: abs(x) > 2**24 and x % 2 == 1,
    "not in float32": lambda x, y, dout: float(np.float32(x)) != x and abs(x) < 1e6,
}


@SEEDS
@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)
def test_every_region_is_asked(seed, region):
    assert any(region(*values) for values in points(seed))


def size_class(value):
    return "tiny" if abs(value) < 1e-50 else "huge" if abs(value) > 1e50 else "moderate"


@SEEDS
@pytest.mark.parametrize("layer", ["AddLayer", "MulLayer"])
def test_every_pair_of_sizes_is_asked_in_every_pair_of_places(seed, layer):
    asked = [[size_class(value) for value in values] for values in points(seed, layer) if all(values)]
    for one, other in itertools.combinations(range(3), 2):
        assert len({(sizes[one], sizes[other]) for sizes in asked}) == 9


@SEEDS
@pytest.mark.parametrize("layer", ["AddLayer", "MulLayer"])
def test_int_and_float_are_asked_in_every_pattern(seed, layer):
    assert len({tuple(type(value) for value in values) for values in points(seed, layer)}) == 8


@SEEDS
def test_drawn_numbers_have_few_digits(seed):
    drawn = [
        case.steps[1].args
        for index, case in enumerate(bank(seed).cases)
        if case.stratum == "drawn numbers" and index in bank(seed).groups["MulLayer/numbers"]
    ]
    assert len(drawn) == 12
    assert all(
        len(f"{abs(value):g}".partition("e")[0].replace(".", "").strip("0")) <= 5 for args in drawn for value in args
    )


def arrays(group, seed=None):
    for index in bank(seed).groups[group]:
        case = bank(seed).cases[index]
        yield [unpack_array(arg) for step in case.steps for arg in step.args if step.op in {FORWARD, BACKWARD}]


def test_every_shape_layout_and_kind_of_number_is_asked():
    asked = [case[0] for case in arrays("MulLayer/arrays")]
    assert {array.shape for array, _ in asked} >= {(), (1,), (0,), (3, 0), (3,), (2, 5), (4, 4)}
    assert {array.ndim for array, _ in asked} == {0, 1, 2, 3, 4}
    assert max(array.size for array, _ in asked) > 300
    assert {array.dtype.str[1:] for array, _ in asked} == {"f8", "f4", "i8"}
    assert {layout for _, layout in asked} == {0, 1, 2, 3}


@pytest.mark.parametrize("layer", ["AddLayer", "MulLayer"])
def test_each_of_the_arrays_is_whole_where_another_is_not(layer):
    """What is computed in an array like a whole one loses its fractions."""
    kinds = {tuple(array.dtype.kind for array, _ in case) for case in arrays(f"{layer}/arrays")}
    assert kinds >= {("i", "f", "i"), ("f", "i", "f"), ("i", "i", "f")}


def test_integers_in_arrays_fit_neither_into_float32_nor_their_products_into_int32():
    for case in arrays("MulLayer/arrays"):
        whole = [array for array, _ in case if array.dtype.kind == "i"]
        for array in whole:
            assert not np.array_equal(array.astype(np.float32), array)
        for one, other in itertools.combinations(whole, 2):
            assert 2**31 < abs(one * other).max() < 2**53


def test_every_kind_of_array_that_can_be_changed_is_watched():
    for index in bank().groups["MulLayer/arrays"]:
        backward = bank().cases[index].steps[2]
        array, layout = unpack_array(backward.args[0])
        assert backward.watch == (array.size > 0 and layout != 3)


def test_the_arrays_of_a_case_have_one_shape_and_differ():
    for case in arrays("MulLayer/arrays"):
        values = [array for array, _ in case]
        assert len({array.shape for array in values}) == 1
        if values[0].size:
            assert not np.array_equal(values[0], values[1])
            assert not np.array_equal(values[1], values[2])


def test_no_array_of_float64_fits_into_float32():
    for case in arrays("MulLayer/arrays"):
        for array, _ in case:
            if array.dtype == np.float64 and array.size and np.isfinite(array).all():
                with np.errstate(over="ignore"):
                    assert not np.array_equal(array.astype(np.float32), array)


def test_infinities_and_nan_are_asked():
    assert any(
        {"inf", "-inf", "nan"} <= set(map(str, array.ravel().tolist()))
        for case in arrays("MulLayer/arrays")
        for array, _ in case
    )


@SEEDS
def test_the_lattice_is_whole_and_every_product_on_it_is_exact(seed):
    assert lattice_limit(2) == 2**25
    for index in bank(seed).groups["MulLayer/lattice"]:
        for step in bank(seed).cases[index].steps:
            if step.op == FORWARD:
                x, y = step.args
                assert x == int(x)
                assert y == int(y)
                assert abs(int(x) * int(y)) < 2**53


@SEEDS
def test_every_point_of_the_lattice_is_left_in_four_directions(seed):
    cases = [bank(seed).cases[index] for index in bank(seed).groups["MulLayer/lattice"]]
    bases = [number for number, case in enumerate(cases) if not case.relation]
    assert len(bases) == 3
    for base, end in zip(bases, [*bases[1:], len(cases)], strict=True):
        rays = cases[base + 1 : end]
        assert [ray.relation[0] for ray in rays] == list(range(1, len(rays) + 1))
        point = np.array(cases[base].steps[1].args)
        for ray in rays:
            ahead, behind = (np.array(step.args) for step in ray.steps if step.op == FORWARD)
            assert (ahead - point == np.array(ray.relation[1:])).all()
            assert (point - behind == np.array(ray.relation[1:])).all()
        assert len([ray for ray in rays if all(ray.relation[1:])]) >= 4
        assert len({ray.relation[1:] for ray in rays}) == len(rays)


@SEEDS
def test_upstream_gradients_are_scaled_away_from_under_and_overflow(seed):
    cases = [bank(seed).cases[index] for index in bank(seed).groups["MulLayer/numbers"]]
    scaled = [case for case in cases if case.relation]
    assert {case.relation[1] for case in scaled} == {-1, 4, 0}
    for case in scaled:
        base, scale = case.relation
        assert case.steps[1].args == cases[base].steps[1].args
        assert case.steps[2].args == [cases[base].steps[2].args[0] * scale]
        assert all(1e-6 < abs(value) < 1e6 for value in (*cases[base].steps[1].args, *cases[base].steps[2].args))


@SEEDS
def test_a_layer_may_drop_its_inputs_after_backward(seed):
    """No instance is asked for a second backward without a forward between them."""
    for case in bank(seed).cases:
        fresh = {}
        for step in case.steps:
            if step.op == FORWARD:
                fresh[step.slot] = True
            elif step.op == BACKWARD:
                assert fresh.pop(step.slot)


@SEEDS
def test_every_graph_is_a_tree_whose_layers_all_run_forward_then_backward(seed):
    for group in ("graph/shop", "graph/random"):
        for index in bank(seed).groups[group]:
            case = bank(seed).cases[index]
            slots = [step.slot for step in case.steps if step.op == NEW]
            assert [step.slot for step in case.steps if step.op == FORWARD] == slots
            assert [step.slot for step in case.steps if step.op == BACKWARD] == slots[::-1]
            references = [arg for step in case.steps for arg in step.args if getattr(arg, "code", None) == RESULT]
            # Each node but the last hands on its output once, and is handed its upstream gradient once.
            assert len(references) == 2 * (len(slots) - 1)
            assert len({arg.data for arg in references}) == len(references)


@SEEDS
def test_random_graphs_hold_several_instances_of_both_layers(seed):
    for index in bank(seed).groups["graph/random"]:
        made = [step.args[0] for step in bank(seed).cases[index].steps if step.op == NEW]
        assert min(made.count(0), made.count(1)) >= 2


def test_a_constructor_is_called_after_another_layers_forward_somewhere():
    cases = [bank().cases[index] for index in bank().groups["MulLayer/state"]]
    orders = ["".join("nfbl"[step.op] for step in case.steps) for case in cases]
    assert any("fn" in order for order in orders)
    assert {LOOK} <= {step.op for case in cases for step in case.steps}


def test_no_case_has_a_value_that_the_channel_cannot_carry():
    for case in bank().cases:
        for step in case.steps:
            for arg in step.args:
                assert type(arg) in {int, float} or arg.code in {ARRAY, RESULT}
                if type(arg) is int:
                    assert abs(arg) < 2**53


def test_the_forward_of_a_backward_is_the_last_one_before_it_on_the_same_instance():
    case = next(case for case in bank().cases if case.stratum == "two layers at once (numbers)")
    backwards = [number for number, step in enumerate(case.steps) if step.op == BACKWARD]
    forwards = [number for number, step in enumerate(case.steps) if step.op == FORWARD]
    assert [forward_of(case, number) for number in backwards] == forwards


def test_what_was_encoded_is_decoded(built):
    decoded = decode_bank(built, assignment(), SEED)
    again = encode_bank(assignment(), SEED, msgspec.msgpack.decode(built)["made_with"], decoded.cases)
    assert again == built


def test_examples_are_different_and_the_same_for_the_same_seed():
    strategy = st.integers(0, 10**6)
    assert draw(strategy, 8, 5) == draw(strategy, 8, 5)
    assert draw(strategy, 8, 5) != draw(strategy, 8, 6)
    assert len(set(draw(strategy, 8, 5))) == 8


def test_a_small_strategy_gives_what_it_has():
    assert sorted(draw(st.booleans(), 8, 5)) == [False, True]


def test_the_built_in_assignment_is_read_once():
    assert built_in() is assignment()


def test_why_a_case_is_tried_can_be_said_in_korean():
    strata = {case.stratum for case in bank().cases}
    assert {stratum: str(stratum_in_words(stratum)) for stratum in strata} == {stratum: stratum for stratum in strata}
    assert [one for one in strata if not language("ko").sentences(said_in(stratum_in_words(one)))] == []
    assert language("ko").told(stratum_in_words("an upstream gradient of -0")) == "dout -0"
