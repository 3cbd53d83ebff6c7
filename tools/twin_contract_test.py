"""The suite of what henge relies on in Druid (src/druid/contract_*test.cc), run on Druid's twin.

HENGE_TEST_BUILD names the folder with the programs henge-twin and druid_test.
"""

import os
import pathlib
import subprocess

import pytest

BUILD = os.environ.get("HENGE_TEST_BUILD")


@pytest.fixture
def twin():
    process = subprocess.Popen(
        [pathlib.Path(BUILD) / "henge-twin", "--msq", "1"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        assert process.wait(20) == 0


@pytest.mark.skipif(BUILD is None, reason="HENGE_TEST_BUILD is not set")
def test_the_twin_keeps_druids_contract(twin):
    assert twin.startswith("http://127.0.0.1:")
    suite = subprocess.run(
        [pathlib.Path(BUILD) / "druid_test", "--gtest_filter=*Contract.*"],
        env={**os.environ, "HENGE_TEST_DRUID_URL": twin},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert suite.returncode == 0, suite.stdout[-4000:]
    assert "[  PASSED  ]" in suite.stdout
    assert "SKIPPED" not in suite.stdout
