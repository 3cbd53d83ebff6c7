"""Pace and partitions; what needs a broker is tested in tests/lab."""

from proving.producer import Pace


def test_the_pace_is_even_and_ends_with_all():
    pace = Pace(total=1000, seconds=10)
    assert [pace.due(s) for s in (0, 1, 5, 9.999, 10, 99)] == [0, 100, 500, 999, 1000, 1000]


def test_one_partition_is_silent_for_a_while():
    pace = Pace(total=1000, seconds=10)
    for elapsed, expected in ((0, {0, 1, 2, 3}), (4, {0, 1, 2}), (7, {0, 1, 2, 3})):
        assert {pace.partition(n, elapsed, 4) for n in range(100)} == expected
