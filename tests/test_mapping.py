"""Columns to answers: what a mapping may say, and what it must not leave silent."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from folders import POST, PRE, SETTINGS, answers, small, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaltools.exports.answer_scales import folded_answer
from evaltools.exports.decode import iso_date, number
from evaltools.folder import read_evaluation

RULES = SETTINGS.index("[[mapping.wide.columns]]")
ITEM_RULE = SETTINGS[SETTINGS.rindex("[[mapping.wide.columns]]") :]


def wide(*rules: str, more: str = "") -> str:
    """The settings with other rules."""
    return SETTINGS[:RULES] + "".join(f"[[mapping.wide.columns]]\n{rule}\n" for rule in rules) + more


PERSON = 'match = { heading = "Code" }\ncolumn = "person"'
ITEMS = 'match = { heading_regex = "Q(?P<number>[1-4])" }\nitem = "js{number}"'


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('match = { heading = "Code" }', 'match = "x"', "match"),
        ('match = { heading = "Code" }', "match = 3", "match"),
        ('match = { heading = "Code" }', "", "rule"),
        ('match = { heading = "Code" }', 'match = { heading = "Code", position = 1 }', "rule"),
        ('match = { heading = "Code" }', 'match = { key = "Code" }', "match.key"),
        ('match = { heading = "Code" }', 'match = { code = "Kode" }', "code = Kode"),
        ('match = { heading = "Code" }', "match = { heading = 3 }", "rule"),
        ('match = { heading = "Code" }', "match = { position = true }", "rule"),
        ('match = { heading = "Code" }', "match = { position = 0 }", "rule"),
        ('match = { heading = "Code" }', "match = { position = 99 }", "position = 99"),
        ('match = { heading = "Code" }', 'match = { heading = "code" }', "heading = code"),
        ('match = { heading = "Code" }', 'match = { heading_regex = "(" }', "rule"),
        ('match = { heading = "Code" }', 'match = { heading_regex = "a{9999999999}" }', "rule"),
        ('column = "person"', 'column = ""', "rule"),
        ('column = "person"', "column = 3", "rule"),
        ('column = "person"', 'colum = "person"', "mapping.wide.columns.colum"),
        ('column = "person"', 'column = "persn"', "does not have"),
        ('column = "person"', 'column = "person"\nitem = "js1"', "rule"),
        ('item = "js{number}"', 'item = "xx{number}"', "xx1"),
        ('item = "js{number}"', 'score = "no_such"', "no_such"),
        ('item = "js{number}"', 'item = "js{number}"\nwave = "never"', "[[waves]]"),
        ('item = "js{number}"', 'item = "js{number}"\nscale = "agree"', "mapping.wide.scales.agree"),
        ('item = "js{number}"', 'item = "js1"', "means the same"),
        ("Q(?P<number>[1-4])", "Q.(?P<number>[1-4])?", "question js is not"),
        ("Q(?P<number>[1-4])", ".*(?P<number>[1-4])?", "two rules"),
        ('mapping = "wide"', 'mapping = "missing"', "[mapping.missing]"),
    ],
)
def test_a_mapping_that_is_not_clear_is_told(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert key in told(small(tmp_path, change={old: new}))


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("[mapping.x]\ncolumns = 'a string'", "mapping.x.columns"),
        ("[mapping.x]\ncolumns = [1, 2]", "mapping.x.columns"),
        ("[mapping.x]\nsource = 3", "mapping.x.source"),
        ("[mapping.x]\nscales = 3", "mapping.x.scales"),
        ("[mapping.x]\nscale = 3", "mapping.x.scale"),
        ("[mapping.x.scales]\ny = 3", "mapping.x.scales.y"),
        ("[mapping.x.scales.y]\nlabel = { a = 1 }", "mapping.x.scales.y.label"),
        ("[mapping.x.scales.y]\nlabels = 3", "mapping.x.scales.y.labels"),
        ('[mapping.x.scales.y]\nlabels = { "a" = "1" }', "mapping.x.scales.y.labels"),
        ('[mapping.x.scales.y]\nlabels = { "a" = true }', "mapping.x.scales.y.labels"),
        ('[mapping.x.scales.y]\nlabels = { "a" = nan }', "mapping.x.scales.y.labels"),
        ('[mapping.x.scales.y]\nlabels = { "a" = 1, "A." = 2 }', "mapping.x.scales.y"),
        ('[mapping.x.scales.y]\nmissing = { "a" = "because" }', "mapping.x.scales.y.missing"),
        ('[mapping.x.scales.y]\nmissing = { "a" = ["skipped"] }', "mapping.x.scales.y.missing"),
        ("[mapping.x.source]\nheader_rows = 'a'", "mapping.x.source.header_rows"),
        ("[mapping.x.source]\nheader_rows = 0", "mapping.x.source.header_rows"),
        ("[mapping.x.source]\nheader_rows = true", "mapping.x.source.header_rows"),
        ("[mapping.x.source]\nheader_rows = 1.5", "mapping.x.source.header_rows"),
        ("[mapping.x.source]\ndelimiter = ';;'", "mapping.x.source.delimiter"),
        ("[mapping.x.source]\ndelimiter = '\"'", "mapping.x.source.delimiter"),
        ('[mapping.x.source]\ndelimiter = "\\n"', "mapping.x.source.delimiter"),
        ("[mapping.x.source]\ndelimiter = 5", "mapping.x.source.delimiter"),
        ("[mapping.x.source]\nencoding = 5", "mapping.x.source.encoding"),
        ("[mapping.x.source]\ndecimal = ','", "mapping.x.source.decimal"),
    ],
)
def test_every_part_of_a_mapping_has_one_form(tmp_path: Path, more: str, place: str) -> None:
    assert place in told(small(tmp_path, more=more))


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_spelling_of_a_file_gives_the_same_answers(tmp_path: Path, delimiter: str, encoding: str) -> None:
    expected = answers(read_evaluation(small(tmp_path / "a")))
    spelled = PRE.replace(";", delimiter).replace("\n", "\r\n").encode(encoding)
    assert answers(read_evaluation(small(tmp_path / "b", {"pre.csv": spelled}))) == expected
    assert expected[2, "pre", "js3"] == "skipped"
    assert expected[0, "post", "js4"] == 5


def test_a_workbook_gives_the_same_answers_as_a_text_file(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in PRE.splitlines():
        book.active.append(
            [int(cell) if cell.isdigit() and len(cell) == 1 else cell or None for cell in line.split(";")]
        )
    folder = small(tmp_path / "b", change={'"pre.csv"': '"pre.xlsx"'})
    book.save(folder / "pre.xlsx")
    assert answers(read_evaluation(folder)) == answers(read_evaluation(small(tmp_path / "a")))


def test_a_long_file_gives_the_same_answers_as_a_wide_one(tmp_path: Path) -> None:
    rows = ["person;wave;instrument;item;code"]
    for wave, table in (("pre", PRE), ("post", POST)):
        for line in table.splitlines()[1:]:
            code, *cells = line.split(";")
            rows += [f"{code};{wave};toolkit_job_satisfaction;js{at};{cell}" for at, cell in enumerate(cells, start=1)]
    settings = SETTINGS[: SETTINGS.index('[[files]]\npath = "pre.csv"')]
    settings += '[[files]]\npath = "long.csv"\ntable = "responses"\n'
    folder = small(tmp_path / "b", {"long.csv": "\n".join(rows)}, settings=settings)
    assert answers(read_evaluation(folder)) == answers(read_evaluation(small(tmp_path / "a")))


def test_a_wide_file_may_hold_several_waves(tmp_path: Path) -> None:
    after = {line.split(";")[0]: line.split(";")[1:] for line in POST.splitlines()[1:]}
    rows = ["Code;Q1_pre;Q2_pre;Q3_pre;Q4_pre;Q1_post;Q2_post;Q3_post;Q4_post"]
    rows += [";".join([line, *after[line.split(";")[0]]]) for line in PRE.splitlines()[1:]]
    settings = SETTINGS[: SETTINGS.index('[[files]]\npath = "pre.csv"')]
    settings += '[[files]]\npath = "both.csv"\ntable = "responses"\nmapping = "wide"\n'
    settings += f"[[mapping.wide.columns]]\n{PERSON}\n[[mapping.wide.columns]]\n"
    settings += 'match = { heading_regex = "Q(?P<n>.)_(?P<w>pre|post)" }\nitem = "js{n}"\nwave = "{w}"\n'
    folder = small(tmp_path / "b", {"both.csv": "\n".join(rows)}, settings=settings)
    assert answers(read_evaluation(folder)) == answers(read_evaluation(small(tmp_path / "a")))


def test_answer_texts_are_decoded_as_declared(tmp_path: Path) -> None:
    scale = """
[mapping.wide.scales.agree]
labels = { "Not at all" = 1, "A little" = 2, "Some–what" = 3, "Much" = 4, "Wholly" = 5 }
missing = { "Don't know" = "dont_know", "-99" = "not_shown" }
"""
    rules = wide(PERSON, ITEMS + '\nscale = "agree"', more=scale)
    pre = "Code;Q1;Q2;Q3;Q4\nAB01;not at all;A  LITTLE.;5;2 - a little\nAB02;3;some-what;Don't know;−99\n007;5;5;1;5\n"
    found = answers(read_evaluation(small(tmp_path, {"pre.csv": pre}, settings=rules)))
    assert [found[1, "pre", f"js{at}"] for at in range(1, 5)] == [1, 2, 5, 2]
    assert [found[2, "pre", f"js{at}"] for at in range(1, 5)] == [3, 3, "dont_know", "not_shown"]


def test_an_unknown_answer_text_is_told_and_not_quoted(tmp_path: Path) -> None:
    scale = '[mapping.wide.scales.agree]\nlabels = { "Not at all" = 1, "Wholly" = 5 }\n'
    rules = wide(PERSON, ITEMS + '\nscale = "agree"', more=scale)
    pre = "Code;Q1;Q2;Q3;Q4\nAB01;Wholy KANARIE;Wholly;1;7\n"
    message = told(small(tmp_path, {"pre.csv": pre, "post.csv": pre.replace("Wholy KANARIE", "5")}, settings=rules))
    assert "pre.csv, row 2, column B (Q1): The answer text is not one of those declared" in message
    assert "Not at all, Wholly" in message
    assert "column E (Q4)" in message  # 7 is a number, but no label has it
    assert "KANARIE" not in message


def test_text_without_labels_is_no_answer(tmp_path: Path) -> None:
    message = told(small(tmp_path, {"pre.csv": PRE.replace("5;2\n", "NA;2\n")}))
    assert "pre.csv, row 2, column D (Q3): The cell cannot be read as a number" in message


def test_a_decimal_comma_is_a_number_only_where_a_number_is_declared(tmp_path: Path) -> None:
    scale = '[[scales]]\nid = "given"\nlabel = "G"\ngiven_as = "score"\nlow = 0\nhigh = 10\nitems = 4\n'
    people = "Person;Group\nA,1;A\nB,2;A\n"
    pre = "Code;Score\nA,1;3,5\nB,2;4.25\n"
    rules = wide(PERSON, 'match = { heading = "Score" }\nscore = "given"', more=scale)
    post = pre.replace("3,5", "3,75")
    folder = small(tmp_path, {"people.csv": people, "pre.csv": pre, "post.csv": post}, settings=rules)
    found = answers(read_evaluation(folder))
    assert (found[0, "pre", "given"], found[1, "pre", "given"]) == (3.5, 4.25)
    assert len(found) == 4


def test_headings_are_compared_without_their_line_breaks(tmp_path: Path) -> None:
    pre = PRE.replace("Code", '"Your\n  code"')
    folder = small(tmp_path, {"pre.csv": pre, "post.csv": POST.replace("Code", "Your code")},
                   change={'heading = "Code"': 'heading = "Your  code"'})  # fmt: skip
    assert len(answers(read_evaluation(folder))) == 24


def test_heading_rows_are_passed_over_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    more = "[mapping.wide.source]\nheader_rows = 3\n"
    title = "Title;;;;\n;;;;\n"
    post = title + POST.replace("AB02;4", "AB02;9")
    message = told(small(tmp_path, {"pre.csv": title + PRE, "post.csv": post}, more=more))
    assert "post.csv, row 5, column B (Q1): The answer lies outside" in message


def test_a_row_with_more_cells_than_headings_is_told(tmp_path: Path) -> None:
    message = told(small(tmp_path, {"pre.csv": PRE.replace("AB01;1;2", "AB01;1;2;2")}))
    assert "pre.csv, row 2: The row has more cells than there are headings" in message


def test_an_empty_last_column_is_harmless(tmp_path: Path) -> None:
    trailing = PRE.replace("\n", ";\n")
    assert answers(read_evaluation(small(tmp_path / "a", {"pre.csv": trailing}))) == answers(
        read_evaluation(small(tmp_path / "b"))
    )
    only_rows = "\n".join(line if line.startswith("Code") else line + ";" for line in PRE.splitlines())
    assert len(answers(read_evaluation(small(tmp_path / "c", {"pre.csv": only_rows})))) == 24


def test_two_columns_with_one_meaning_are_told(tmp_path: Path) -> None:
    message = told(small(tmp_path / "a", {"pre.csv": PRE.replace("Q2", "Q1")}))
    assert "pre.csv, column C (Q1): The column means the same as column B (Q1)" in message
    people = "Person;Person code;Group\nAB01;X;A\nAB02;Y;A\n007;Z;A\n"
    assert "means the same" in told(small(tmp_path / "b", {"people.csv": people}))


def test_a_column_found_by_position_shows_no_heading(tmp_path: Path) -> None:
    rules = wide('match = { position = 1 }\ncolumn = "person"', *(
        f'match = {{ position = {at + 1} }}\nitem = "js{at}"' for at in range(1, 5)))  # fmt: skip
    headless = "KANARIE;5;5;5;x\n" + PRE.partition("\n")[2].replace("AB01;1", "AB01;9")
    message = told(small(tmp_path, {"pre.csv": headless}, settings=rules))
    assert "pre.csv, row 2, column B: The answer lies outside" in message
    assert "KANARIE" not in message


def test_an_item_that_two_questionnaires_have_needs_the_questionnaires_name(tmp_path: Path) -> None:
    key = Path(__file__).parents[1] / "src" / "evaltools" / "scoring_keys" / "toolkit_job_satisfaction.toml"
    text = key.read_text("utf-8").replace('id = "toolkit_job_satisfaction"', 'id = "twin"')
    text = text.replace('id = "job_satisfaction"', 'id = "twin_scale"')
    own = {"scoring_keys/twin.toml": text}
    assert "toolkit_job_satisfaction, twin" in told(small(tmp_path / "a", own))
    settings = SETTINGS.replace('mapping = "wide"', 'mapping = "wide"\ninstrument = "twin"')
    found = read_evaluation(small(tmp_path / "b", own, settings=settings))
    assert set(found.responses["instrument"]) == {"twin"}


@pytest.mark.parametrize("missing", ["wave", "instrument", "item", "code", "person"])
def test_a_long_file_without_a_needed_column_is_told_once(tmp_path: Path, missing: str) -> None:
    columns = {"person": "AB01", "wave": "pre", "instrument": "toolkit_job_satisfaction", "item": "js1", "code": "3"}
    columns.pop(missing)
    long = "\n".join([";".join(columns), ";".join(columns.values())])
    settings = SETTINGS[: SETTINGS.index('[[files]]\npath = "pre.csv"')]
    settings += '[[files]]\npath = "long.csv"\ntable = "responses"\n'
    message = told(small(tmp_path, {"long.csv": long}, settings=settings))
    assert message.startswith("One error")


def test_a_file_without_answers_is_told(tmp_path: Path) -> None:
    assert "pre.csv: The file has headings but no answers" in told(small(tmp_path, {"pre.csv": "Code;Q1;Q2;Q3;Q4\n"}))


def test_a_file_whose_headings_nobody_knows_is_told_though_it_has_no_rows(tmp_path: Path) -> None:
    assert "people.csv, column person: The column is missing" in told(small(tmp_path, {"people.csv": "Namn;Enhet\n"}))


def test_blank_rows_and_unused_columns_are_counted(tmp_path: Path) -> None:
    pre = PRE.replace("Q4\n", "Q4;Comment;\n").replace("AB02", "\n;;;;\nAB02")
    log = read_evaluation(small(tmp_path, {"pre.csv": pre})).load_log.set_index("file").loc["pre.csv"]
    assert (log["rows_read"], log["rows_used"], log["blank_rows"], log["columns_left_out"]) == (5, 3, 2, 1)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(3)), columns=st.permutations(range(5)))
def test_the_order_of_rows_and_columns_does_not_matter(tmp_path: Path, order: list[int], columns: list[int]) -> None:
    head, *rows = [line.split(";") for line in PRE.splitlines()]
    table = [head, *(rows[at] for at in order)]
    shuffled = "\n".join(";".join(row[at] for at in columns) for row in table)
    assert answers(read_evaluation(small(tmp_path / "b", {"pre.csv": shuffled}))) == answers(
        read_evaluation(small(tmp_path / "a"))
    )


@given(st.integers(-999, 999), st.integers(0, 999))
def test_comma_and_point_are_the_same_number(whole: int, part: int) -> None:
    assert number(f"{whole},{part:03}") == number(f"{whole}.{part:03}") == float(f"{whole}.{part:03}")


@pytest.mark.parametrize("text", ["", "1 000", "1.000,5", "1e5", "nan", "inf", "0x1", "1/2", "9" * 400, "-", ","])
def test_what_is_no_plain_number_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize("text", ["", "3/4 2025", "2025-13-01", "2025-02-30", "9999-12-31", "0001-01-01", "20250301"])
def test_what_is_no_plain_date_is_none(text: str) -> None:
    assert iso_date(text) is None


@given(st.text(max_size=20))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded_answer(folded_answer(text)) == folded_answer(text)
