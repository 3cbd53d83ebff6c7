"""Each rule is shown once kept and once broken."""

import pytest
import tidy

GOOD = "// What it is for.\n#pragma once\n"


def messages(path, text):
    return [message for _, message in tidy.check(path, text)]


def test_a_plain_header_is_fine():
    assert messages("src/model/time.h", GOOD) == []


@pytest.mark.parametrize(
    "path,text,part",
    [
        ("src/model/a.h", GOOD + '#include "ledger/event.h"\n', "model includes ledger"),
        ("src/druid/a.h", GOOD + '#include "kafka/scanner.h"\n', "druid includes kafka"),
        ("src/late/a.h", GOOD + "#include <boost/asio/awaitable.hpp>\n", "knows nothing of Asio"),
        ("src/spec/a.h", GOOD + '#include "../model/time.h"\n', "includes start from src/"),
        ("src/late/a.cc", "// A.\nauto t = std::chrono::system_clock::now();\n", "asks a clock"),
        ("src/late/a.cc", "// A.\nstd::random_device seed;\n", "makes chance"),
        ("src/cli/a.cc", '// A.\nauto x = std::getenv("X");\n', "reads the environment"),
        ("src/druid/a_test.cc", "std::this_thread::sleep_for(1s);\n", "sleeps"),
        (
            "src/druid/a.cc",
            "// A.\nco_spawn(io, f(), boost::asio::detached);\n",
            "loses exceptions",
        ),
        ("src/model/a.h", "#pragma once\n", "starts without a comment"),
        ("src/model/a.h", "// A.\nint x;\n", "lacks #pragma once"),
        ("src/utils/a.cc", "// A.\n", "folder 'utils' says nothing"),
        ("src/model/string_utils.cc", "// A.\n", "'string_utils' says nothing"),
        ("src/nowhere/a.cc", "// A.\n", "is in no layer"),
        ("src/model/a.cc", "// TODO\n", "leaves work unsaid"),
        ("src/model/a.cc", "// A.\n" + "x" * 101 + "\n", "101 characters"),
        ("src/model/a.cc", "// A.\nint x; \n", "trailing white space"),
        ("src/model/a.cc", "// A.\n\tint x;\n", "has a tab"),
        ("src/model/a.cc", "// A.", "one newline"),
        ("src/model/a.cc", "// A.\n" * 601, "longer than 600"),
        ("tools/a.py", "x = 1\n" * 601, "longer than 600"),
    ],
)
def test_a_broken_rule_is_named(path, text, part):
    assert [m for m in messages(path, text) if part in m]


@pytest.mark.parametrize(
    "path,text",
    [
        ("src/druid/a.h", GOOD + '#include "runtime/clock.h"\n#include "druid/b.h"\n'),
        ("src/spec/a.cc", "// A.\n#include <nlohmann/json.hpp>\n"),
        ("src/ports/a.h", GOOD + "#include <boost/asio/awaitable.hpp>\n"),
        ("src/runtime/a.cc", "// A.\nauto t = std::chrono::steady_clock::now();\n"),
        ("src/late/a.cc", "// A.\nint x;  // never system_clock::now()\n"),
        ("src/late/a_test.cc", "int x;\n"),
        ("src/late/a_test.cc", 'auto update = std::getenv("UPDATE_GOLDEN");\n'),
        ("src/daemon/a.cc", "co_await runtime::sleep_for(pause);\n"),
        ("lab/conf/common/log4j2.txt", "x\n"),
    ],
)
def test_what_is_allowed_passes(path, text):
    assert messages(path, text) == []


def test_a_complaint_names_the_line():
    assert tidy.check("src/late/a.cc", "// A.\n\nusleep(1);\n") == [(3, "sleeps")]


def test_third_party_types_may_not_leave_their_folder():
    texts = {
        "src/spec/tree.h": GOOD + "#include <nlohmann/json.hpp>\n",
        "src/spec/shape.h": GOOD + '#include "spec/tree.h"\n',
        "src/spec/shape.cc": '#include "spec/shape.h"\n',
        "src/spec/parse.h": GOOD,
        "src/late/a.cc": '#include "spec/parse.h"\n',
    }
    assert list(tidy.spread(texts)) == []
    texts["src/late/b.cc"] = '\n#include "spec/shape.h"\n'
    complaint = "spec/shape.h brings third-party types out of its folder"
    assert list(tidy.spread(texts)) == [("src/late/b.cc", 2, complaint)]
