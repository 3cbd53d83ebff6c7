import json
import pathlib

import clang_tidy
import pytest


@pytest.fixture
def build(tmp_path):
    names = [
        "model/time.cc",
        "model/time_test.cc",
        "spec/parse_fuzz.cc",
        "spec/parse.cc",
        "spec/rules.cc",
    ]
    files = [str(clang_tidy.ROOT / "src" / name) for name in names] + [str(tmp_path / "pch.cc")]
    database = [{"directory": str(tmp_path), "file": name} for name in files]
    (tmp_path / "compile_commands.json").write_text(json.dumps(database))
    return tmp_path


@pytest.mark.parametrize(
    "wanted,expected",
    [
        ([], ["model/time.cc", "spec/parse.cc", "spec/rules.cc"]),
        (["src/spec"], ["spec/parse.cc", "spec/rules.cc"]),
        (["src/spec/rules.cc", "src/model"], ["model/time.cc", "spec/rules.cc"]),
        (["src/nowhere"], []),
    ],
)
def test_sources_without_tests_within_the_wanted_paths(build, wanted, expected):
    found = [str(p.relative_to(clang_tidy.ROOT / "src")) for p in clang_tidy.chosen(build, wanted)]
    assert found == expected


def test_a_complaint_about_a_header_is_shown_once(capsys):
    text = "a.h:1:2: error: bad [x]\n  code\n"
    shown = set()
    clang_tidy.show("noise\n" + text + "b.cc:3:4: error: worse [y]\n", shown)
    clang_tidy.show(text, shown)
    assert (
        capsys.readouterr().out == "a.h:1:2: error: bad [x]\n  code\nb.cc:3:4: error: worse [y]\n"
    )


def test_nothing_begins_after_the_time_is_up():
    assert clang_tidy.run(pathlib.Path("build"), pathlib.Path("src/a.cc"), end=0) is None


def test_what_git_does_not_know_comes_first():
    known = clang_tidy.ROOT / "src" / "model" / "time.cc"
    new = clang_tidy.ROOT / "src" / "zzz" / "new.cc"
    assert clang_tidy.by_recency([known, new]) == [new, known]
