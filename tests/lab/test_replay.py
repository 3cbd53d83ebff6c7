"""History replayed into an empty datasource: everything is late."""

from proving import events, producer

HOUR_MS = 3_600_000
RECORDS = 100_000
CHUNKS = 48


def test_a_replay_of_two_days(lab, trials):
    """100,000 records over 48 chunks take a few large tasks, fetched over http."""
    hour = producer.now_ms() // HOUR_MS - 72
    trial = trials(
        lab,
        "replay",
        spec={"schema": {"segmentGranularity": "HOUR"}, "late": {"maxDelay": "PT10S"}},
        mixture=events.Mixture(late=1, unparseable=0),
        chunk_ms=HOUR_MS,
    )
    trial.maker.late_time = lambda now_ms: (
        (hour + trial.maker.random.randrange(CHUNKS)) * HOUR_MS
        + trial.maker.random.randrange(HOUR_MS)
    )
    trial.burst(RECORDS)
    assert trial.truth.late == RECORDS and len(trial.truth.chunks()) == CHUNKS
    trial.start()
    result = trial.prove()
    assert result.in_druid == RECORDS
    tasks = trial.repair_tasks()
    assert all(task["statusCode"] == "SUCCESS" for task in tasks)
    assert 1 <= len(tasks) <= 5, [task["id"] for task in tasks]
    sources = {
        lab.druid.get(f"/druid/indexer/v1/task/{task['id']}")["payload"]["spec"]["ioConfig"][
            "inputSource"
        ]["type"]
        for task in tasks
    }
    assert "http" in sources
