"""The roster: encodings, delimiters, headers, and errors with their line."""

import pytest

from harness.errors import UsageError
from harness.intake.roster import read_roster, roster_from_bytes, roster_rows

TEXT = "학번,이름,이메일,분반,깃허브\n20231234,홍길동,gd@example.org,1,hong\n"


def rows(text, encoding="utf-8"):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    read = list(roster_rows(data, "r.csv"))
    assert roster_from_bytes(data, "r.csv").learners == [row.learner for row in read]
    return read


def refused(text):
    with pytest.raises(UsageError) as caught:
        rows(text)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_each_encoding_gives_the_same_learner(encoding):
    (row,) = rows(TEXT, encoding)

    assert (row.learner.id, row.learner.name, row.learner.section) == ("20231234", "홍길동", "1")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_each_delimiter_is_found(delimiter):
    (row,) = rows(f"id{delimiter}name\n7{delimiter}Kim\n")

    assert (row.learner.id, row.learner.name) == ("7", "Kim")


def test_a_delimiter_in_a_quoted_header_does_not_count():
    (row,) = rows('"name, a, b, c";id\nKim;7\n')

    assert row.learner.id == "7"


def test_headers_are_compared_without_case_spaces_and_punctuation():
    (row,) = rows("Student-ID,E-Mail Address,GITHUB_USERNAME\n7,K@x.org,MinSu\n")

    assert row.values == {"id": "7", "email": "k@x.org", "github": "minsu"}


def test_leading_zeros_of_an_id_stay():
    assert rows("id\n007\n")[0].learner.id == "007"


def test_in_a_gradebook_of_canvas_the_bare_id_is_the_platforms_number():
    text = (
        'Student,ID,SIS User ID,SIS Login ID,Section,HW (9)\n    Points Possible,,,,,10\n"Kim, Minsu",55,2023,ms,A,\n'
    )
    (row,) = rows(text)

    assert row.values == {"number": "55", "id": "2023", "login": "ms"}


def test_the_identifier_of_moodles_worksheet_is_the_participants_number():
    (row,) = rows("Identifier,Full name,ID number\n참가자 657,Kim,2023\n")

    assert row.values == {"number": "657", "id": "2023"}


@pytest.mark.parametrize(("identifier", "field"), [("2023", "id"), ("ks@x.org", "email")])
def test_the_identifier_of_github_classroom_is_an_id_or_an_email(identifier, field):
    (row,) = rows(f"identifier,github_username,github_id,name\n{identifier},minsu,123,\n")

    assert row.values == {field: identifier, "github": "minsu"}


def test_a_name_in_two_columns_is_known_in_each_order():
    (row,) = rows("First name,Surname,id\nMinsu,Kim,7\n")

    assert row.learner.name == "Minsu Kim"
    assert row.names == ("minsu kim", "kim, minsu", "kim minsu", "kimminsu")


def test_a_korean_name_in_two_columns_is_written_family_first():
    assert rows("성,이름,학번\n홍,길동,7\n")[0].learner.name == "홍길동"


@pytest.mark.parametrize(
    ("column", "value", "again"), [("id", "7", "7"), ("email", "a@x.org", "A@X.org"), ("github", "kim", " KIM")]
)
def test_a_value_that_names_two_learners_is_an_error_with_both_lines(column, value, again):
    message = refused(f"{column},name\n{value},Kim\n\n{again},Lee\n")

    assert message.startswith("r.csv:4: ")
    assert "line 2" in message


def test_two_learners_of_one_name_are_fine_when_they_have_ids():
    assert len(rows("id,name\n1,Kim\n2,Kim\n")) == 2


def test_two_learners_of_one_name_and_nothing_else_are_an_error():
    assert refused("name\nKim\nkim\n").startswith("r.csv:3: the name kim")


def test_a_row_with_more_cells_than_the_header_is_an_error():
    assert refused("id,name\n1,Kim, Minsu\n").startswith("r.csv:2: this row has 3 cells")


def test_a_row_that_names_nobody_is_an_error():
    assert refused("id,section\n1,A\n,B\n").startswith("r.csv:3: this row names nobody")


def test_the_line_of_an_error_counts_line_ends_within_cells():
    assert refused('id,name\n1,"Kim\nMinsu"\n1,Lee\n').startswith("r.csv:4: ")


def test_a_quote_that_is_not_closed_is_an_error_with_the_line_where_its_row_begins():
    assert refused('id,name\n1,Kim\n2,"Lee\n3,Park\n').startswith("r.csv:3: ")


def test_two_columns_of_one_meaning_are_an_error():
    assert "id, 학번" in refused("id,학번\n1,2\n")


def test_a_roster_that_names_nobody_shows_what_its_header_is():
    assert "mark, comment" in refused("mark,comment\n1,good\n")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"id,name\n", b"\xef\xbb\xbf"])
def test_a_roster_without_learners_is_an_error(data):
    refused(data)


@pytest.mark.parametrize("data", [b"PK\x03\x04\x00\x00\xff", b"id\nK\xff\xfe\n", b"id\n\x00\n"])
def test_what_is_no_text_is_an_error(data):
    assert "not text" in refused(data)


def test_the_line_of_a_broken_byte_is_told():
    assert refused("id,name\n1,김\n".encode() + b"2,\xff\xff\n").startswith("r.csv:3: ")


def test_a_hostile_cell_is_escaped_for_display():
    assert "\x1b" not in rows("id,name\n1,\x1b[2JKim\n")[0].learner.name


def test_a_roster_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_roster(str(tmp_path / "none.csv"))


def test_a_huge_roster_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "r.csv"
    with path.open("wb") as file:
        file.truncate(1 << 30)

    with pytest.raises(UsageError, match="at most"):
        read_roster(str(path))
