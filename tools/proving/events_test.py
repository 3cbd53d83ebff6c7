"""The truth must be right before anything is judged by it."""

import datetime
import json

import pytest

from proving.events import (
    MINUTE_MS,
    READABLE,
    Door,
    Event,
    Kind,
    Maker,
    Mixture,
    Truth,
    body,
    bytes_of,
    door_of,
    iso,
)

NOW = 1_763_870_400_123
LATENESS = 20_000


@pytest.mark.parametrize("ms", [0, 1, 951_782_400_000, 1_709_164_800_999, NOW, 4_102_444_799_999])
def test_iso_agrees_with_the_calendar(ms):
    text = iso(ms)
    assert text.endswith("Z") and len(text) == 24
    parsed = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    assert round(parsed.timestamp() * 1000) == ms


@pytest.mark.parametrize(
    ("kind", "event_ms", "door"),
    [
        (Kind.PLAIN, NOW, Door.ON_TIME),
        (Kind.PLAIN, NOW - LATENESS, Door.ON_TIME),  # the bound itself is on time
        (Kind.PLAIN, NOW - LATENESS - 1, Door.LATE),
        (Kind.NULL_FIELD, NOW - LATENESS - 1, Door.LATE),
        (Kind.PLAIN, NOW + 5_000, Door.ON_TIME),
        (Kind.BROKEN, NOW, Door.NONE),
        (Kind.WITHOUT_TIME, NOW - LATENESS - 1, Door.NONE),
        (Kind.GARBAGE_TIME, NOW, Door.NONE),
        (Kind.TOMBSTONE, NOW, Door.NONE),
    ],
)
def test_doors(kind, event_ms, door):
    assert door_of(kind, event_ms, NOW, LATENESS) == door


def test_bodies_are_what_their_kind_says():
    for kind in Kind:
        value = body(7, kind, NOW)
        if kind is Kind.TOMBSTONE:
            assert value is None
        elif kind is Kind.BROKEN:
            with pytest.raises(json.JSONDecodeError):
                json.loads(value)
        else:
            row = json.loads(value)
            assert row["id"] == 7
            assert ("ts" in row) == (kind is not Kind.WITHOUT_TIME)
            assert (row["bytes"] is None) == (kind is Kind.NULL_FIELD)
            if kind is Kind.GARBAGE_TIME:
                with pytest.raises(ValueError):
                    datetime.datetime.fromisoformat(row["ts"])


def test_no_event_is_near_the_bound():
    maker = Maker(LATENESS, NOW)
    late = 0
    for number in range(20_000):
        event = maker.make(number, NOW + number)
        if event.kind not in READABLE:
            continue
        distance = event.event_ms - (NOW + number - LATENESS)
        assert distance >= 12_000 or distance <= -10_000
        late += distance < 0
    assert 300 < late < 500


def test_late_events_fall_into_few_chunks():
    maker = Maker(LATENESS, NOW, Mixture(late=1, unparseable=0))
    times = [maker.make(n, NOW + n * 10).event_ms for n in range(10_000)]
    assert len({time // MINUTE_MS for time in times}) <= 25
    assert min(times) < NOW - 4 * 86_400_000
    assert max(times) < NOW + 100_000 - LATENESS


def test_the_same_seed_makes_the_same_events():
    one, other = (Maker(LATENESS, NOW, seed=3) for _ in range(2))
    assert [one.make(n, NOW) for n in range(500)] == [other.make(n, NOW) for n in range(500)]


def test_truth_counts_doors_by_the_acknowledged_arrival():
    truth = Truth(LATENESS)
    for number, kind in enumerate((Kind.PLAIN, Kind.PLAIN, Kind.TOMBSTONE)):
        truth.send(Event(number, kind, NOW, b""))
    assert (truth.produced, truth.acknowledged) == (3, 0)
    truth.acknowledge(0, NOW + 1)
    truth.acknowledge(1, NOW + LATENESS + 1)  # held up for longer than the lateness
    truth.acknowledge(2, NOW)
    assert (truth.on_time, truth.late, truth.unparseable) == (1, 1, 1)
    assert truth.chunks() == {NOW // MINUTE_MS * MINUTE_MS: (1, 1)}


def test_truth_refuses_a_gap():
    with pytest.raises(AssertionError):
        Truth(LATENESS).send(Event(1, Kind.PLAIN, NOW, b""))


def test_bytes_differ_between_neighbours():
    assert len({bytes_of(n) for n in range(100)}) == 100
