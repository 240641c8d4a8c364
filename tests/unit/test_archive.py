import io
import os
import socket
import stat
import struct
import zipfile
import zlib

import pytest

from harness import archive
from harness.archive import CONTAINER_LIMIT, candidates, folder_files, read_file
from harness.errors import SubmissionError, UsageError
from harness.zip_archive import zip_files

LAYER = b"class MulLayer:\n    pass\n"
SMALL = 10_000


def zipped(entries, method=zipfile.ZIP_DEFLATED):
    """A zip of (name or ZipInfo, bytes) pairs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in entries:
            file.writestr(name, data)
    return buffer.getvalue()


def entry(name, *, mode=0):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def read_all(listing):
    return {name: read() for name, read in listing.files.items()}


def code_of(action):
    with pytest.raises(SubmissionError) as caught:
        action()
    assert caught.value.hint
    return caught.value.code


def folder(root):
    return folder_files(str(root), "work", lambda name: SMALL)


# Files


def test_a_file_is_read_whole(tmp_path):
    (tmp_path / "a.py").write_bytes(LAYER)

    assert read_file(str(tmp_path / "a.py"), len(LAYER)) == LAYER


def test_a_file_over_the_limit_is_refused_with_both_sizes(tmp_path):
    (tmp_path / "a.py").write_bytes(b"x" * 5000)

    with pytest.raises(SubmissionError, match=r"^a\.py has 5,000 bytes; at most 1,000 are read$") as caught:
        read_file(str(tmp_path / "a.py"), 1000)

    assert caught.value.code == "TOO-LARGE"


def test_no_more_than_the_limit_and_one_byte_is_read(tmp_path):
    (tmp_path / "a.py").touch()
    os.truncate(tmp_path / "a.py", 1 << 40)  # sparse: reading it whole would not end

    assert code_of(lambda: read_file(str(tmp_path / "a.py"), 1000)) == "TOO-LARGE"


def test_a_link_that_the_user_named_is_followed(tmp_path):
    (tmp_path / "a.py").write_bytes(LAYER)
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")

    assert read_file(str(tmp_path / "link.py"), SMALL) == LAYER


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_file(str(tmp_path / "a.py"), SMALL)


def test_a_path_with_a_nul_is_a_usage_error():
    with pytest.raises(UsageError, match=r"a\\x00\.py: it cannot be read"):
        read_file("a\0.py", SMALL)


def test_missing_permission_is_said(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_bytes(LAYER)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UsageError, match="permission to read it is missing"):
        read_file(str(tmp_path / "a.py"), SMALL)


def test_another_error_of_the_system_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="it cannot be read"):
        read_file(str(tmp_path / ("a" * 1000)), SMALL)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "a.py")

    with pytest.raises(UsageError, match="a device, a pipe or a socket"):
        read_file(str(tmp_path / "a.py"), SMALL)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_file_swapped_for_a_pipe_after_the_first_look_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_bytes(LAYER)
    os.mkfifo(tmp_path / "pipe")
    seen = os.stat(tmp_path / "a.py")
    monkeypatch.setattr(os, "stat", lambda path: seen)

    with pytest.raises(UsageError, match="a device, a pipe or a socket"):
        read_file(str(tmp_path / "pipe"), SMALL)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device on this system")
def test_a_device_is_refused():
    with pytest.raises(UsageError, match="a device, a pipe or a socket"):
        read_file("/dev/zero", SMALL)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets on this system")
def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path may have only about a hundred bytes
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")

        with pytest.raises(UsageError, match="a device, a pipe or a socket"):
            read_file("s", SMALL)


def test_no_descriptor_stays_open(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.py").write_bytes(LAYER)
    before = os.dup(0)
    os.close(before)

    read_file(str(tmp_path / "inner" / "a.py"), SMALL)
    read_all(folder(tmp_path))
    code_of(lambda: read_file(str(tmp_path / "inner" / "a.py"), 1))

    after = os.dup(0)
    os.close(after)
    assert after == before


# Folders


def write(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(LAYER)


def test_what_is_not_the_learners_is_left_out(tmp_path):
    write(
        tmp_path,
        "mine.py",
        "week5/Mine.IPYNB",
        "notes.txt",
        "conftest.py",
        "setup.py",
        "__init__.py",
        "test_mine.py",
        "mine_test.py",
        ".hidden.py",
        ".ipynb_checkpoints/mine.ipynb",
        "__pycache__/mine.py",
        "__MACOSX/mine.py",
        ".venv/lib/mine.py",
        "venv/lib/mine.py",
        "env/mine.py",
        "node_modules/mine.py",
        "lib/site-packages/mine.py",
    )

    assert list(folder(tmp_path).files) == ["mine.py", "week5/Mine.IPYNB"]


def test_layers_py_at_the_top_is_taken_without_a_look_at_the_rest(tmp_path):
    write(tmp_path, "layers.py", "other.py")

    assert read_all(folder(tmp_path)) == {"layers.py": LAYER}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_in_a_folder_is_no_candidate(tmp_path):
    os.mkfifo(tmp_path / "layers.py")

    assert folder(tmp_path).files == {}


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    write(tmp_path, "secret.py", "work/notes.txt")
    (tmp_path / "work" / "layers.py").symlink_to(tmp_path / "secret.py")

    assert code_of(lambda: read_all(folder(tmp_path / "work"))) == "SYMLINK"


def test_a_link_through_a_linked_folder_is_refused(tmp_path):
    write(tmp_path, "outside/secret.py", "work/notes.txt")
    (tmp_path / "work" / "door").symlink_to(tmp_path / "outside")
    (tmp_path / "work" / "layers.py").symlink_to("door/secret.py")

    assert code_of(lambda: read_all(folder(tmp_path / "work"))) == "SYMLINK"


def test_a_linked_folder_is_not_entered(tmp_path):
    write(tmp_path, "outside/a.py", "work/b.py")
    (tmp_path / "work" / "door").symlink_to(tmp_path / "outside")
    (tmp_path / "work" / "circle").symlink_to(tmp_path / "work")

    assert list(folder(tmp_path / "work").files) == ["b.py"]


def test_a_sibling_folder_whose_name_begins_alike_is_outside(tmp_path):
    write(tmp_path, "work-of-another/a.py", "work/notes.txt")
    (tmp_path / "work" / "a.py").symlink_to("../work-of-another/a.py")

    assert code_of(lambda: read_all(folder(tmp_path / "work"))) == "SYMLINK"


def test_a_link_that_stays_inside_is_followed(tmp_path):
    write(tmp_path, "old/solution.txt")
    (tmp_path / "layers.py").symlink_to("old/solution.txt")

    assert read_all(folder(tmp_path)) == {"layers.py": LAYER}


def test_a_link_to_another_candidate_is_not_a_second_one(tmp_path):
    write(tmp_path, "mine.py")
    (tmp_path / "newest.py").symlink_to("mine.py")

    assert list(folder(tmp_path).files) == ["mine.py"]


@pytest.mark.parametrize("target", ["gone.py", "layers.py"], ids=["nowhere", "itself"])
def test_a_link_that_leads_nowhere_is_refused(tmp_path, target):
    (tmp_path / "layers.py").symlink_to(target)

    assert code_of(lambda: read_all(folder(tmp_path))) == "SYMLINK"


def test_a_link_to_a_folder_is_refused(tmp_path):
    (tmp_path / "layers.py").symlink_to(".")

    assert code_of(lambda: read_all(folder(tmp_path))) == "SYMLINK"


def test_a_folder_that_is_itself_reached_by_a_link_is_searched(tmp_path):
    write(tmp_path, "work/a.py")
    (tmp_path / "link").symlink_to("work")

    assert read_all(folder(tmp_path / "link")) == {"a.py": LAYER}


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="folders cannot be opened step by step here")
def test_a_folder_swapped_for_a_link_after_the_check_is_not_followed(tmp_path, monkeypatch):
    write(tmp_path, "outside/a.py", "work/inner/a.py")
    read = folder(tmp_path / "work").files["inner/a.py"]
    opened = archive._open_beneath

    def swap_first(base, parts):
        (tmp_path / "work" / "inner").rename(tmp_path / "work" / "moved")
        (tmp_path / "work" / "inner").symlink_to(tmp_path / "outside")
        return opened(base, parts)

    monkeypatch.setattr(archive, "_open_beneath", swap_first)
    with pytest.raises(UsageError):
        read()


def test_files_are_read_where_folders_cannot_be_opened_step_by_step(tmp_path, monkeypatch):
    write(tmp_path, "inner/a.py")
    monkeypatch.setattr(os, "supports_dir_fd", set())

    assert read_all(folder(tmp_path)) == {"inner/a.py": LAYER}


def test_a_file_that_vanishes_before_it_is_read_is_a_usage_error(tmp_path):
    write(tmp_path, "a.py")
    read = folder(tmp_path).files["a.py"]
    (tmp_path / "a.py").unlink()

    with pytest.raises(UsageError, match="no such file"):
        read()


def test_a_folder_that_cannot_be_listed_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        folder(tmp_path / "gone")


def test_a_folder_with_thousands_of_files_is_not_searched(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_MAX_FOLDER_ENTRIES", 3)
    write(tmp_path, "a.txt", "b.txt", "c.txt", "d.txt")

    assert code_of(lambda: folder(tmp_path)) == "NO-CANDIDATE"


TOPS = {
    "one": (["a.py"], ["a.py"]),
    "none": ([], []),
    "layers.py at the top": (["a.py", "layers.py"], ["layers.py"]),
    "layers.py in the one folder that holds all": (["hw/a.py", "hw/layers.py"], ["hw/layers.py"]),
    "two learners": (["ann/layers.py", "bob/layers.py"], ["ann/layers.py", "bob/layers.py"]),
    "layers.py deeper than another file": (["a.py", "old/layers.py"], ["a.py", "old/layers.py"]),
}


@pytest.mark.parametrize(("names", "expected"), TOPS.values(), ids=TOPS)
def test_layers_py_at_the_top_is_preferred(names, expected):
    assert candidates(reversed(names)) == expected


# Zip archives


def test_python_files_of_a_zip_can_be_read():
    listing = zip_files("a.zip", zipped([("hw/", b""), ("hw/mine.py", LAYER), ("hw/data.csv", b"1")]))

    assert read_all(listing) == {"hw/mine.py": LAYER}
    assert listing.warnings == ()


def test_a_stored_entry_can_be_read():
    assert read_all(zip_files("a.zip", zipped([("a.py", LAYER)], zipfile.ZIP_STORED))) == {"a.py": LAYER}


LEFT_OUT = {
    "a parent folder": entry("../a.py"),
    "a parent folder inside": entry("x/../../a.py"),
    "an absolute name": entry("/a.py"),
    "a backslash": entry("x\\a.py"),
    "a drive letter": entry("C:a.py"),
    "a link": entry("a.py", mode=stat.S_IFLNK | 0o777),
    "a device": entry("a.py", mode=stat.S_IFCHR | 0o666),
}


@pytest.mark.parametrize("info", LEFT_OUT.values(), ids=LEFT_OUT)
def test_an_entry_that_could_lead_out_is_left_out_with_a_warning(info):
    listing = zip_files("a.zip", zipped([("good.py", LAYER), (info, b"/etc/passwd")]))

    assert read_all(listing) == {"good.py": LAYER}
    assert [warn.code for warn in listing.warnings] == ["ZIP-ENTRY"]


def test_a_regular_file_with_unix_permissions_is_read():
    listing = zip_files("a.zip", zipped([(entry("a.py", mode=stat.S_IFREG | 0o644), LAYER)]))

    assert list(listing.files) == ["a.py"]


def test_a_zip_in_a_zip_is_left_alone():
    assert zip_files("a.zip", zipped([("b.zip", zipped([("a.py", LAYER)]))])).files == {}


def with_raw_name(data, raw):
    """The archive with the name of its only entry, ``n`` repeated, replaced byte for byte."""
    placeholder = b"n" * len(raw)
    assert data.count(placeholder) == 2
    return data.replace(placeholder, raw)


NAMES = {
    "Korean Windows": "숙제.py".encode("cp949"),
    "macOS": "숙제.py".encode(),
}


@pytest.mark.parametrize("raw", NAMES.values(), ids=NAMES)
def test_a_korean_name_without_the_utf8_flag_is_read(raw):
    data = with_raw_name(zipped([("n" * len(raw), LAYER)]), raw)

    assert read_all(zip_files("a.zip", data)) == {"숙제.py": LAYER}


def test_a_korean_name_with_the_utf8_flag_is_read():
    assert list(zip_files("a.zip", zipped([("숙제.py", LAYER)])).files) == ["숙제.py"]


def test_a_name_in_no_known_encoding_is_read_all_the_same():
    data = with_raw_name(zipped([("n" * 4, LAYER)]), b"\xff.py")

    assert read_all(zip_files("a.zip", data)) == {"\N{NO-BREAK SPACE}.py": LAYER}


def test_a_name_that_breaks_its_utf8_flag_makes_a_bad_zip():
    data = zipped([("숙제.py", LAYER)]).replace("숙제.py".encode(), b"\xff" * 6 + b".py")

    assert code_of(lambda: zip_files("a.zip", data)) == "BAD-ZIP"


def with_entry_field(data, offset, value):
    """The archive with a 16-bit field of the first central directory entry replaced."""
    at = data.index(b"PK\x01\x02") + offset
    return data[:at] + struct.pack("<H", value) + data[at + 2 :]


def zip64(offset):
    """A zip whose only entry says that it begins at byte ``offset``."""
    name, crc, size = b"a.py", zlib.crc32(LAYER), len(LAYER)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 0, 0, 0, crc, size, size, len(name), 0) + name + LAYER
    extra = struct.pack("<2HQ", 1, 8, offset)
    fields = (45, 45, 0, 0, 0, 0, crc, size, size, len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF)
    central = struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields) + name + extra
    return local + central + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)


BAD = {
    "no zip": b"class MulLayer: pass",
    "cut off": zipped([("a.py", LAYER * 50)])[:-30],
    "wrong checksum": zipped([("a.py", LAYER)], zipfile.ZIP_STORED).replace(b"MulLayer", b"AddLayer"),
    "an impossible offset": zip64(2**64 - 1),
    "bz2": zipped([("a.py", LAYER)], zipfile.ZIP_BZIP2),
    "LZMA": zipped([("a.py", LAYER)], zipfile.ZIP_LZMA),
    "an unknown method": with_entry_field(zipped([("a.py", LAYER)]), 10, 99),
    "a version of the future": with_entry_field(zipped([("a.py", LAYER)]), 6, 99),
    "the same name twice": zipped([("a.py", LAYER), ("./a.py", LAYER)]),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_damaged_or_odd_zip_is_refused(data):
    assert code_of(lambda: read_all(zip_files("a.zip", data))) == "BAD-ZIP"


def test_the_crafted_zip_with_a_long_offset_is_fine_when_the_offset_is():
    assert read_all(zip_files("a.zip", zip64(0))) == {"a.py": LAYER}


def test_a_zip_with_a_password_is_refused():
    data = with_entry_field(zipped([("a.py", LAYER)]), 8, 1)

    assert code_of(lambda: zip_files("a.zip", data)) == "ENCRYPTED-ZIP"


def test_two_hundred_entries_are_read_and_one_more_is_refused():
    entries = [(f"{i}.txt", b"") for i in range(200)]

    zip_files("a.zip", zipped(entries))
    assert code_of(lambda: zip_files("a.zip", zipped([*entries, ("a.py", b"")]))) == "TOO-LARGE"


def test_tens_of_thousands_of_entries_are_refused_before_they_are_parsed(monkeypatch):
    def parsed(*args):
        raise AssertionError

    monkeypatch.setattr(zipfile, "ZipFile", parsed)
    assert code_of(lambda: zip_files("a.zip", b"PK\x01\x02" * 65_000)) == "TOO-LARGE"


BOMBS = {
    "one entry beyond the cap": [("a.py", bytes(CONTAINER_LIMIT + 1))],
    "one entry packed 1000 times": [("a.py", bytes(2 << 20))],
}


@pytest.mark.parametrize("entries", BOMBS.values(), ids=BOMBS)
def test_a_zip_bomb_is_refused(entries):
    assert code_of(lambda: read_all(zip_files("a.zip", zipped(entries)))) == "ZIP-BOMB"


def test_entries_that_are_too_much_only_together_are_a_bomb():
    half = os.urandom(CONTAINER_LIMIT // 2 + 1)
    data = zipped([("a.py", half), ("b.py", half)], zipfile.ZIP_STORED)

    assert code_of(lambda: read_all(zip_files("a.zip", data))) == "ZIP-BOMB"


def test_a_bomb_that_lies_about_its_packed_size_is_refused():
    data = zipped([("a.py", bytes(2 << 20))])
    at = data.index(b"PK\x01\x02") + 20
    lying = data[:at] + struct.pack("<I", 2**31) + data[at + 4 :]

    # Newer Pythons notice that such an entry would overlap what follows it.
    assert code_of(lambda: read_all(zip_files("a.zip", lying))) in {"ZIP-BOMB", "BAD-ZIP"}


def test_a_bomb_that_is_not_a_candidate_is_never_unpacked():
    data = zipped([("a.py", LAYER), ("data.bin", bytes(CONTAINER_LIMIT + 1))])

    assert read_all(zip_files("a.zip", data)) == {"a.py": LAYER}


def test_a_short_file_of_one_repeated_line_is_no_bomb():
    text = b"# the same line\n" * 60_000

    assert read_all(zip_files("a.zip", zipped([("a.py", text)]))) == {"a.py": text}
