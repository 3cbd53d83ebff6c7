"""What is shown follows from the scene alone, and fits where it is shown."""

import re

import pytest

from proving.comparison import ChunkResult, Comparison
from proving.view import (
    Painter,
    Scene,
    epoch_ms,
    minute,
    news_of,
    panel,
    progress_line,
    table,
)

PLAIN = Painter(False)
BEGUN = epoch_ms("2026-11-23T04:10:30.000Z")


def chunk(start="2026-11-23T04:10:00.000Z", state="open", **more):
    end = f"{start[:14]}{int(start[14:16]) + 1:02}{start[16:]}"
    return {
        "start": start,
        "end": end,
        "state": state,
        "on_time": 10,
        "late": 2,
        "repaired": 0,
        "waiting": 0,
        "repair": "",
        "seal": None,
        "doubt": None,
    } | more


def sealed(**more):
    seal = {"rows": 10, "segments": 1, "proof": "counted", "at": "2026-11-23T04:11:40.500Z"}
    return chunk(state="sealed", seal=seal, **more)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_panel_fits(width):
    scene = Scene(total=200_000, produced=100_000, rate=1700, begun_ms=BEGUN)
    scene.stages = [("lab", 31, "done"), ("events", None, "now"), ("proof", None, "ahead")]
    scene.chunks = [chunk("2026-11-18T04:10:00.000Z"), chunk("2026-11-23T01:10:00.000Z"), sealed()]
    scene.news = ["x" * 300]
    for line in panel(scene, PLAIN, width, 24)[1:]:
        assert len(line) <= max(width, 78)


def test_colours_only_where_wanted():
    scene = Scene(total=1, chunks=[sealed()], begun_ms=BEGUN)
    assert "\x1b" not in "\n".join(panel(scene, PLAIN, 80, 24))
    assert "\x1b[32m" in "\n".join(panel(scene, Painter(True), 80, 24))


def test_a_sealed_chunk_shows_its_proof():
    text = "\n".join(panel(Scene(chunks=[sealed()], begun_ms=BEGUN), PLAIN, 100, 24))
    assert "counted 10, 40 s after its end" in text


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (chunk(), chunk(), []),
        (chunk(), sealed(), ["chunk 2026-11-23 04:10 is sealed: 10 rows"]),
        (chunk(), chunk(state="closed"), ["is closed"]),
        (sealed(), chunk(state="dirty"), []),
        (chunk(state="dirty"), chunk(state="repairing", repair="r-1"), ["r-1 starts: one task"]),
        (chunk(state="repairing", repair="r-1"), sealed(repaired=2), ["in, and counted in one"]),
        (chunk(repair="r-1"), chunk(state="dirty", repaired=2), ["2 late rows are in"]),
        (chunk(repair="r-1"), chunk(repair="r-2", repaired=2), ["2 late rows", "r-2 starts"]),
        (
            chunk(state="closed"),
            chunk(state="uncertain", doubt={"reason": "expected 3, found 2"}),
            ["is uncertain: expected 3, found 2"],
        ),
    ],
)
def test_news(before, after, said):
    lines = news_of([before], [after])
    assert len(lines) == len(said)
    for line, part in zip(lines, said, strict=True):
        assert part in line


def test_the_first_look_is_no_news():
    assert news_of([], [chunk(), sealed()]) == []


def test_the_table_shows_what_is_wrong():
    start = epoch_ms("2026-11-23T04:10:00.000Z")
    result = Comparison(chunks={start: ChunkResult(10, 2, 11, missing=1)})
    head, line = table(result, [sealed()], PLAIN)
    assert re.split(r"\s+", line)[:7] == ["2026-11-23", "04:10", "10", "2", "11", "1", "0"]
    assert "sealed" in line
    assert "unknown to henge" in table(result, [], PLAIN)[1]


def test_progress_line():
    line = progress_line(Scene(seconds=65, produced=5, chunks=[sealed(), chunk()]))
    assert line.startswith("1:05  produced 5") and "1 open, 1 sealed" in line


def test_times():
    assert epoch_ms("1970-01-01T00:00:01.250Z") == 1250
    assert epoch_ms("1970-01-01T00:01:00Z") == 60_000
    assert minute(60_000) == "1970-01-01 00:01"
