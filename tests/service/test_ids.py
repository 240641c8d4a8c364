"""Ids sort by the moment at which they were made, however close two of them are."""

import time
import uuid

import pytest

from harness.service import ids


def test_ids_sort_by_the_order_in_which_they_are_made():
    made = [ids.new_id() for _ in range(5000)]
    assert made == sorted(made)


def test_an_id_is_a_uuid_of_version_7_and_says_when_it_was_made():
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(ids.new_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


@pytest.mark.parametrize("nanoseconds", [0, 1, 999_999, 1_000_000, (1 << 48) * 1_000_000 - 1])
def test_the_fraction_of_a_millisecond_fits_its_bits(nanoseconds, monkeypatch):
    monkeypatch.setattr(ids.time, "time_ns", lambda: nanoseconds)
    made = uuid.UUID(ids.new_id())
    assert made.version == 7
    assert made.int >> 80 == nanoseconds // 1_000_000
    assert (made.int >> 64 & 0xFFF) == (nanoseconds % 1_000_000) * 4096 // 1_000_000


def test_two_ids_of_one_moment_differ(monkeypatch):
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1)
    assert len({ids.new_id() for _ in range(1000)}) == 1000


def test_the_first_id_of_a_second_is_below_all_that_are_made_in_it(monkeypatch):
    monkeypatch.setattr(ids.time, "time_ns", lambda: 5_000_000_000)
    assert ids.first_id(5) < ids.new_id() < ids.first_id(5.001)
