"""Reading one learner's submission out of a class: the safety of a single submission holds, and others are untouched."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from classes import LAYERS, WORDS, folder, owners, told, zipped

from harness.archive import CONTAINER_LIMIT
from harness.errors import SubmissionError, UsageError
from harness.intake import open_intake
from harness.submission import read_submission


def archive(files):
    """The bytes of a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


def read(intake, key):
    return intake.read(next(one.entry for one in intake.assigned if one.learner.key == key), words=WORDS)


def code_of(intake, key):
    with pytest.raises(SubmissionError) as caught:
        read(intake, key)
    assert caught.value.hint
    return caught.value.code


@pytest.fixture(params=[folder, zipped], ids=["folder", "zip"])
def made(request, tmp_path):
    return lambda files: open_intake(request.param(tmp_path, files))


def test_a_folder_in_the_zip_is_read_as_the_folder_on_disk_would_be(tmp_path):
    files = {"kim/src/layers.py": LAYERS, "kim/src/main.py": b"pass\n", "kim/test_layers.py": LAYERS}
    on_disk = read_submission(folder(tmp_path, files) / "kim", words=WORDS)

    with open_intake(zipped(tmp_path, files)) as intake:
        assert read(intake, "kim") == on_disk


def test_a_zip_that_a_learner_handed_in_is_read(made):
    with made({"kim.zip": archive({"work/layers.py": LAYERS})}) as intake:
        assert read(intake, "kim").name == "kim.zip/work/layers.py"


def test_a_zip_alone_in_a_learners_folder_is_read(made):
    with made({"kim/work.zip": archive({"layers.py": LAYERS}), "kim/readme.txt": b"hi"}) as intake:
        assert read(intake, "kim").blocks[0].text == LAYERS.decode()


def test_two_zips_in_a_learners_folder_are_not_chosen_from(made):
    with made({"kim/a.zip": archive({"layers.py": LAYERS}), "kim/b.zip": archive({"layers.py": LAYERS})}) as intake:
        assert code_of(intake, "kim") == "NO-CANDIDATE"


def test_a_zip_in_a_zip_of_a_learner_is_not_unpacked(made):
    with made({"kim.zip": archive({"in.zip": archive({"layers.py": LAYERS})})}) as intake:
        assert code_of(intake, "kim") == "NO-CANDIDATE"


def test_a_learners_bomb_costs_nobody_else_anything(made):
    bomb = archive({"layers.py": b"#" * (CONTAINER_LIMIT - 1)})
    with made({"kim.zip": bomb, "lee.py": LAYERS}) as intake:
        assert code_of(intake, "kim") == "ZIP-BOMB"
        assert read(intake, "lee").name == "lee.py"


def test_a_bomb_among_the_members_of_the_class_is_refused(tmp_path):
    with open_intake(zipped(tmp_path, {"kim.py": b"#" * (8 << 20), "lee.py": LAYERS})) as intake:
        assert code_of(intake, "kim") == "ZIP-BOMB"
        assert read(intake, "lee").name == "lee.py"


def test_each_learner_has_a_limit_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.zip_archive.CONTAINER_LIMIT", 2 * len(LAYERS))
    with open_intake(zipped(tmp_path, {f"k{i}.py": LAYERS for i in range(9)})) as intake:
        assert [read(intake, f"k{i}").name for i in range(9)] == [f"k{i}.py" for i in range(9)]


def test_a_member_that_says_it_is_too_large_is_not_unpacked(made):
    with made({"kim.zip": b"\0" * (CONTAINER_LIMIT + 1)}) as intake:
        assert code_of(intake, "kim") == "TOO-LARGE"


def test_a_member_with_a_wrong_checksum_costs_its_learner_only(tmp_path):
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr("kim.py", b"x = 'damaged'\n")
        file.writestr("lee.py", LAYERS)
    path.write_bytes(path.read_bytes().replace(b"x = 'damaged'", b"x = 'DAMAGED'"))

    with open_intake(path) as intake:
        assert code_of(intake, "kim") == "BAD-ZIP"
        assert read(intake, "lee").name == "lee.py"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_not_chosen_from(tmp_path):
    twice = [("kim.py", LAYERS), ("kim.py", b"pass\n"), ("lee/a.py", LAYERS), ("lee/a.py", LAYERS)]
    with open_intake(zipped(tmp_path, twice)) as intake:
        assert code_of(intake, "kim") == "BAD-ZIP"
        assert code_of(intake, "lee") == "BAD-ZIP"


def test_names_that_lead_out_of_the_zip_and_links_are_listed(tmp_path):
    link = zipfile.ZipInfo("link.py")
    link.external_attr = 0o120777 << 16
    names = ["/abs.py", "../up.py", "a/../../b.py", "c:x.py", "back\\slash.py"]
    with open_intake(zipped(tmp_path, [*((name, LAYERS) for name in names), (link, b"/etc/passwd")])) as intake:
        assert owners(intake) == {}
        assert told(intake) == [("unsafe", name) for name in sorted([*names, "link.py"])]


@pytest.mark.parametrize(("codec", "flag"), [("utf-8", 0x800), ("utf-8", 0), ("cp949", 0)])
def test_korean_names_are_read_in_each_encoding(tmp_path, codec, flag):
    raw = "김민수.py".encode(codec)
    path = zipped(tmp_path, {"n" * len(raw): LAYERS})
    data = bytearray(path.read_bytes().replace(b"n" * len(raw), raw))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at : at + 2] = flag.to_bytes(2, "little")
    path.write_bytes(data)

    with open_intake(path) as intake:
        assert list(owners(intake)) == ["김민수"]
        assert read(intake, "김민수").name == "김민수.py"


def test_a_zip_with_a_password_is_refused_as_a_whole(tmp_path):
    path = zipped(tmp_path, {"kim.py": LAYERS})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)

    with pytest.raises(UsageError, match="password"):
        open_intake(path)


@pytest.mark.parametrize("data", [b"", b"name,mark\n", b"PK\x03\x04broken"])
def test_a_file_that_is_no_zip_is_refused(tmp_path, data):
    (tmp_path / "class.zip").write_bytes(data)

    with pytest.raises(UsageError, match="cannot be unpacked") as caught:
        open_intake(tmp_path / "class.zip")
    assert caught.value.hint


@pytest.mark.parametrize("make", [folder, zipped])
def test_an_empty_class_is_refused(tmp_path, make):
    with pytest.raises(UsageError, match="is empty"):
        open_intake(make(tmp_path, {}))


def test_a_class_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        open_intake(tmp_path / "none")


def test_a_device_is_refused_unopened():
    with pytest.raises(UsageError, match="no folder and no file"):
        open_intake("/dev/zero")


def test_a_link_in_a_learners_folder_leads_nowhere_else(tmp_path):
    top = folder(tmp_path, {"kim/notes.txt": b"hi", "lee/layers.py": LAYERS})
    (top / "kim" / "layers.py").symlink_to(top / "lee" / "layers.py")

    with open_intake(top) as intake:
        assert code_of(intake, "kim") == "SYMLINK"


def test_a_folder_that_became_a_link_after_the_listing_is_not_followed(tmp_path):
    top = folder(tmp_path, {"kim/layers.py": LAYERS, "lee/layers.py": LAYERS})
    with open_intake(top) as intake:
        (top / "kim" / "layers.py").unlink()
        (top / "kim").rmdir()
        (top / "kim").symlink_to(top / "lee")

        assert code_of(intake, "kim") == "SYMLINK"


def test_a_file_that_became_a_link_after_the_listing_is_not_followed(tmp_path):
    (tmp_path / "secret.py").write_bytes(LAYERS)
    top = folder(tmp_path, {"kim.py": LAYERS})
    with open_intake(top) as intake:
        (top / "kim.py").unlink()
        (top / "kim.py").symlink_to(tmp_path / "secret.py")

        assert code_of(intake, "kim") == "SYMLINK"


def test_a_submission_that_was_deleted_since_is_a_usage_error(tmp_path):
    top = folder(tmp_path, {"kim.py": LAYERS})
    with open_intake(top) as intake:
        (top / "kim.py").unlink()

        with pytest.raises(UsageError, match="no such file"):
            read(intake, "kim")


def test_threads_read_from_one_zip_at_once(tmp_path):
    files = {f"k{i:03}.py": LAYERS + f"x = {i}\n".encode() for i in range(200)}
    with open_intake(zipped(tmp_path, files)) as intake, ThreadPoolExecutor(8) as pool:
        texts = pool.map(lambda one: intake.read(one.entry).blocks[0].text, intake.assigned)

        assert [text.rsplit("= ", 1)[1] for text in texts] == [f"{i}\n" for i in range(200)]


def test_the_zip_is_closed_at_the_end(tmp_path):
    with open_intake(zipped(tmp_path, {"kim.py": LAYERS})) as intake:
        entry = intake.assigned[0].entry

    with pytest.raises(SubmissionError):
        intake.read(entry)


def test_what_was_handed_in_is_given_as_it_is_whatever_holds_it(made):
    with made(
        {
            "1.py": LAYERS,
            "2/layers.py": LAYERS,
            "2/notes.py": b"x = 1\n",
            "3/a.py": LAYERS,
            "3/deep/b.ipynb": b"{}",
            "3/test_a.py": b"",
            "4/work.zip": archive({"layers.py": LAYERS}),
        }
    ) as intake:
        found = {one.learner.key: intake.files(one.entry) for one in intake.assigned}
        assert {name: read() for name, read in found["1"].items()} == {"1.py": LAYERS}
        assert found["2"]["layers.py"]() == LAYERS
        assert {name: read() for name, read in found["3"].items()} == {"a.py": LAYERS, "deep/b.ipynb": b"{}"}
        assert [*found["4"]] == ["work.zip"]
