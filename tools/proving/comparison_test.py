"""A comparison that can't fail proves nothing: each way to be wrong is shown to be noticed."""

import pytest

from proving.comparison import compare
from proving.events import MINUTE_MS, Event, Kind, Truth, bytes_of

NOW = 1_763_870_400_000
LATENESS = 20_000


@pytest.fixture
def truth():
    """Four readable events, two late in an older chunk, and one that is broken."""
    truth = Truth(LATENESS)
    for number, (kind, age) in enumerate(
        [
            (Kind.PLAIN, 0),
            (Kind.NULL_FIELD, 0),
            (Kind.PLAIN, 600_000),
            (Kind.PLAIN, 600_000),
            (Kind.BROKEN, 0),
        ]
    ):
        truth.send(Event(number, kind, NOW - age, b""))
        truth.acknowledge(number, NOW)
    return truth


def row(truth, number, count=1, total=None):
    null = truth.kinds[number] == Kind.NULL_FIELD
    total = (None if null else bytes_of(number) * count) if total is None else total
    return (truth.times[number], number, count, total)


def test_all_there_once(truth):
    result = compare(truth, [row(truth, n) for n in range(4)])
    assert result.equal and result.in_druid == 4
    chunks = list(result.chunks.values())
    assert [(c.on_time, c.late, c.in_druid) for c in chunks] == [(0, 2, 2), (2, 0, 2)]


def test_missing(truth):
    result = compare(truth, [row(truth, n) for n in (0, 1, 3)])
    assert not result.equal
    assert (result.missing, result.doubled, result.in_druid) == (1, 0, 3)
    assert result.chunks[(NOW - 600_000) // MINUTE_MS * MINUTE_MS].missing == 1
    assert "id 2 (late" in result.examples[0]


def test_one_missing_and_one_doubled_do_not_cancel_out(truth):
    result = compare(truth, [row(truth, n) for n in (0, 1, 3, 3)])
    assert (result.missing, result.doubled, result.in_druid) == (1, 1, 4)
    assert not result.equal


def test_doubled_within_a_row(truth):
    result = compare(truth, [row(truth, n, 2 if n == 0 else 1) for n in range(4)])
    assert (result.missing, result.doubled, result.in_druid) == (0, 1, 5)


@pytest.mark.parametrize(
    "stray",
    [
        (NOW, 99, 1, 0),  # never sent
        (NOW, None, 1, 0),
        (NOW, 4, 1, 0),  # sent, but unreadable
        (NOW + 1, 0, 1, bytes_of(0)),  # sent with another time
    ],
)
def test_rows_that_nobody_sent(truth, stray):
    result = compare(truth, [*(row(truth, n) for n in range(4)), stray])
    assert result.unexpected == 1 and not result.equal


def test_a_changed_metric(truth):
    result = compare(truth, [row(truth, n, total=1 if n == 0 else None) for n in range(4)])
    assert result.altered == 1 and not result.equal


def test_an_empty_datasource(truth):
    result = compare(truth, [])
    assert result.missing == 4 and not result.equal
