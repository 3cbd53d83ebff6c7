import pytest
import tally


@pytest.mark.parametrize(
    "text,expected",
    [
        (
            '<testsuites tests="9"><testsuite tests="3" failures="1"/>'
            '<testsuite tests="2"/></testsuites>',
            (4, 1, 0),
        ),
        ('<testsuite tests="5" failures="1" errors="1" skipped="2"/>', (1, 2, 2)),
        ('<testsuites><testsuite tests="4" disabled="1" failures="0"/></testsuites>', (3, 0, 1)),
        ("", (0, 1, 0)),
        ("<testsuites><testsuite", (0, 1, 0)),
    ],
)
def test_counts(text, expected):
    found = tally.of_file(text)
    assert (found.passed, found.failed, found.skipped) == expected


def test_the_line_is_plain():
    assert str(tally.Tally(12, 0)) == "12 passed, 0 failed"
    assert str(tally.Tally(12, 1, 2)) == "12 passed, 1 failed, 2 skipped"


def test_no_test_at_all_is_no_success(tmp_path, capsys):
    assert tally.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out == "0 passed, 0 failed\n"


def test_files_and_further_failures_add_up(tmp_path, capsys):
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit" / "a.xml").write_text('<testsuite tests="2"/>')
    (tmp_path / "b.xml").write_text('<testsuite tests="1"/>')
    assert tally.main([str(tmp_path)]) == 0
    assert tally.main([str(tmp_path), "1"]) == 1
    assert capsys.readouterr().out == "3 passed, 0 failed\n3 passed, 1 failed\n"
