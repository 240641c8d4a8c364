"""A disk of PostgreSQL's that is full: what cannot be kept is refused in so many words, and what was accepted is graded."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster import Cluster
from fleet import Fleet
from ground import EXAMPLES
from posting import UNLIMITED, answers, posted, token_of
from processes import until
from test_serving import free_port

from harness.service.schema import submission

if sys.platform != "linux":
    pytest.skip("workers that lock a submission in exist on Linux only", allow_module_level=True)

#: Bytes that a file of the database may have: more than a segment of PostgreSQL's log of changes, which is never larger.
LARGEST = 20 << 20
SEED = (EXAMPLES / "seed.py").read_bytes()


@contextmanager
def small_disk(cluster: Cluster, folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Give a database on a file system with little room, and what makes more."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system for this")
    place = cluster.folder / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        shutil.chown(place, "nobody", "nogroup")
        cluster.sql(f"CREATE TABLESPACE small LOCATION '{place}'")
        cluster.sql("CREATE DATABASE small TEMPLATE migrated TABLESPACE small")
        yield (
            cluster.url("small"),
            lambda: subprocess.run(["mount", "-o", "remount,size=256m", str(place)], check=True),
        )
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


@contextmanager
def small_files(cluster: Cluster, folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Give a database whose server may write no large file, and what starts it again without a limit.

    It needs no right to mount anything. The error is the one of a quota, which PostgreSQL does not know as a full disk.
    """
    if (prlimit := shutil.which("prlimit")) is None:
        pytest.skip("prlimit of util-linux is not installed")
    cluster.stop("fast")
    cluster.start(prlimit, f"--fsize={LARGEST}:")

    def lift() -> None:
        cluster.stop("fast")
        cluster.start()

    yield cluster.url("migrated"), lift


@pytest.mark.parametrize("limited", [small_disk, small_files])
def test_a_full_disk_of_postgresql_refuses_and_loses_nothing(postgresql_cluster_of_its_own, tmp_path, limited):
    with limited(postgresql_cluster_of_its_own, tmp_path) as (url, make_room):
        fleet = Fleet(url, tmp_path / "data")
        try:
            port = free_port()
            web = fleet.command("web", DOUT_PORT=str(port), **UNLIMITED)
            worker = fleet.worker()
            until(lambda: answers(port))
            secret = token_of(fleet, fleet.ground.learner(fleet.course))
            accepted, refused = fill(fleet, port, secret)
            assert accepted
            for status, body in refused:
                assert status == 503, body
                assert "there may be no room left on its disk" in json.loads(body)["detail"]
            # Who is refused is answered, and so is who asks for something else.
            assert answers(port)
            assert {row["id"] for row in fleet.ground.rows(submission)} == {*accepted}
            make_room()
            until(lambda: posted(fleet, port, secret, "after", SEED)[0] == 202)
            until(fleet.all_are_done, 90)
            assert fleet.ground.counts() == (len(accepted) + 1, len(accepted) + 1, 0)
            assert (web.poll(), worker.poll()) == (None, None)
        finally:
            fleet.close()


def fill(fleet: Fleet, port: int, secret: str) -> tuple[list[str], list[tuple[int, bytes]]]:
    """Hand in large files until several in a row are refused."""
    chance = random.Random(1)
    accepted: list[str] = []
    refused: list[tuple[int, bytes]] = []
    for number in range(200):
        # Chance, because PostgreSQL packs what repeats itself.
        data = SEED + b"\n# " + chance.randbytes(200_000).hex().encode()
        status, body = posted(fleet, port, secret, f"{number}", data)
        if status == 202:
            accepted.append(json.loads(body)["id"])
        else:
            refused.append((status, body))
            if len(refused) == 5:
                return accepted, refused
    raise AssertionError("there was room for everything")
