"""The arithmetic of docs/capacity.md, on numbers that can be done in one's head, and the page's tables by it."""

from dataclasses import replace
from pathlib import Path

import capacity
import pytest
from capacity import MEASURED, Costs, Day, backlog, needs

PAGE = Path(__file__).parents[2] / "docs" / "capacity.md"
#: A worker does ten a second, a web process a hundred requests, and each submission leaves 10 kB.
ROUND = Costs(
    web_s=0.01, worker_s=0.1, database_s=0.01, stored_bytes=12_000, queue_bytes=2_000, log_bytes=100_000, commits=5.0
)
DAY = Day(submissions=864_000, peak_part=0.25, peak_done_s=7200, used=0.5, other_requests=1.0)


def test_the_hour_before_a_deadline_decides_how_many_are_needed():
    found = needs(DAY, ROUND)
    # 216,000 in an hour are 60 a second; to grade them in two hours is 30 a second, of 0.1 s each, half used.
    assert (found.average_per_s, found.peak_per_s) == (10, 60)
    assert found.worker_cores == 6
    # 60 a second, two requests each, of 0.01 s, half used.
    assert found.web_processes == 3
    assert found.connections == 9 * 12
    assert found.commits_per_s == pytest.approx(30 * 5 + 60 / 128)
    assert found.log_mb_per_s == pytest.approx(3.0)


def test_what_a_peak_leaves_waiting_is_graded_by_the_time_that_was_promised():
    found = needs(DAY, ROUND)
    assert found.most_waiting == pytest.approx((60 - 30) * 3600)
    assert found.longest_wait_s == pytest.approx(3600)
    assert backlog(10, 20, 3600) == (0, 0)


def test_a_day_without_a_peak_needs_what_its_average_does():
    flat = replace(DAY, peak_part=1 / 24)
    assert needs(flat, ROUND).worker_cores == 2
    assert needs(flat, ROUND).most_waiting == 0


def test_a_year_keeps_what_is_ours_and_a_week_of_the_queue():
    found = needs(DAY, ROUND)
    assert found.disk_gb_a_year == pytest.approx(864_000 * 10_000 * 365 / 1e9 + 864_000 * 7 * 2_000 / 1e9)
    assert found.log_gb == pytest.approx(864_000 * 100_000 * 7 / 1e9)
    assert found.backup_gb == pytest.approx(2 * 864_000 * 10_000 * 365 / 1e9)


def test_ten_times_as_much_needs_about_ten_times_as_much():
    one, ten = (needs(replace(DAY, submissions=count), ROUND) for count in (864_000, 8_640_000))
    assert ten.worker_cores == 10 * one.worker_cores
    assert ten.disk_gb_a_year == pytest.approx(10 * one.disk_gb_a_year)


def test_the_page_has_the_tables_that_are_computed():
    assert set(MEASURED) == {"SQLite", "PostgreSQL"}
    page = PAGE.read_text(encoding="utf-8")
    for table in "\n".join(capacity.lines()).split("\n\n"):
        assert f"\n{table}\n" in page, "run: python benchmarks/capacity.py"
