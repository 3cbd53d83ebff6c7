"""What the bench of loads makes of two measurements."""

import argparse

import bench_loads
import pytest

OPTIONS = argparse.Namespace(loads=10, pipelines=2, poll=2.0, task_min=20, task_max=60)
HENGE = {
    "outstanding": 10,
    "in_druid": 8,
    "submits_at_once": 4,
    "counted": 10,
    "seconds": 70.04,
    "cpu_s": 2.0,
    "cpu_accepting_s": 0.5,
    "rss_mb": 50.0,
    "calls": 20,
}
PYTHON = {"outstanding": 10, "done": 10, "seconds": 61.0, "cpu_s": 15.0, "rss_mb": 90.0}


def test_ratios_say_how_many_times_more_python_needs():
    result = bench_loads.summary(HENGE, {**PYTHON, "calls": 210}, OPTIONS)
    assert result["calls_ratio"] == 10.5
    assert result["cpu_ratio"] == 7.5
    assert result["cpu_ratio_accepted"] == 10.0
    assert result["calls_per_load"] == 2.0
    assert (result["outstanding"], result["rss_mb"]) == (10, 50.0)


@pytest.mark.parametrize("short", [({"counted": 9}, {}), ({}, {"done": 9})])
def test_a_load_that_did_not_end_is_no_result(short):
    henge, python = short
    with pytest.raises(bench_loads.Failure):
        bench_loads.summary({**HENGE, **henge}, {**PYTHON, "calls": 210, **python}, OPTIONS)


def test_the_python_client_submits_what_druid_takes():
    task = bench_loads.payload(7, 3, bench_loads.datetime(2026, 3, 1))
    schema = task["spec"]["dataSchema"]
    assert schema["dataSource"] == "loads_0007"
    assert schema["granularitySpec"]["intervals"] == [
        "2026-02-28T21:00:00.000Z/2026-02-28T22:00:00.000Z"
    ]
    assert task["spec"]["ioConfig"]["inputSource"]["data"].count("2026-02-28T21:") == 3
