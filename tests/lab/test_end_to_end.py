"""One pipeline from file to proof, and the same schema in every segment, whoever wrote it."""

import json

from proving import producer
from proving.henge import wait_until

METADATA = ("aggregators", "queryGranularity", "rollup")


def test_from_file_to_proof(lab, trials):
    trial = trials(lab, "plain")
    run = trial.henge.run
    run("validate", trial.file)
    run("plan", trial.file, expect=(2,))
    trial.henge.apply(trial.file)
    run("plan", trial.file, expect=(0,))
    again = trial.henge.json("apply", "--yes", trial.file)
    assert "unchanged" in json.dumps(again)
    assert len(lab.druid.get(f"/druid/indexer/v1/supervisor/{trial.name}/history")) == 1

    trial.henge.serve()
    pace = producer.Pace(total=10_000, seconds=40)
    production = producer.Production(trial.stream, trial.maker, pace)
    production.start()
    production.join()
    assert production.error is None
    trial.prove()

    same_in_all_segments(lab.druid, trial)
    compact_one_chunk(lab.druid, trial)
    same_in_all_segments(lab.druid, trial)
    assert trial.compare().equal
    assert trial.henge.stop() == 0


def same_in_all_segments(druid, trial):
    """Streaming, repairs and compaction wrote the same columns, aggregators and granularity."""
    answer = druid.post(
        "/druid/v2",
        {
            "queryType": "segmentMetadata",
            "dataSource": trial.name,
            "analysisTypes": list(METADATA),
            "merge": False,
            "intervals": ["2000-01-01/2100-01-01"],
        },
    )
    assert len(answer) > 3
    looks = {look_of(segment) for segment in answer}
    assert len(looks) == 1, looks
    schema = trial.spec["spec"]["schema"]
    look = json.loads(looks.pop())
    names = {d if isinstance(d, str) else d["name"] for d in schema["dimensions"]}
    assert set(look["columns"]) == {"__time", "count", "bytes"} | names
    assert look["aggregators"]["count"]["type"] == "longSum", "counts merge by adding"
    assert look["rollup"] is False


def look_of(segment):
    columns = {
        name: (column["typeSignature"], column["hasMultipleValues"])
        for name, column in segment["columns"].items()
    }
    look = {"columns": columns} | {key: segment[key] for key in METADATA}
    return json.dumps(look, sort_keys=True)


def compact_one_chunk(druid, trial):
    """By the spec that henge renders for it."""
    chunk = max(trial.chunks(), key=lambda chunk: chunk["on_time"])
    text = trial.henge.run("render", trial.file, "--as", "compaction").stdout
    task = json.loads(text[text.index("{") :])
    interval = f"{chunk['start']}/{chunk['end']}"
    task["id"] = f"compact_{trial.name}"
    task["ioConfig"]["inputSpec"] = {"type": "interval", "interval": interval}
    before = answering(druid, trial.name, interval)
    assert before
    druid.post("/druid/indexer/v1/task", task)

    def over():
        status = druid.get(f"/druid/indexer/v1/task/{task['id']}/status")["status"]["statusCode"]
        assert status != "FAILED"
        return status == "SUCCESS"

    wait_until(over, 90, "the compaction")

    def replaced():
        after = answering(druid, trial.name, interval)
        return after and not after & before

    wait_until(replaced, 90, "the compacted segment")


def answering(druid, datasource, interval):
    """Ids of the segments that queries see. The metadata would not do: it keeps overshadowed ones
    for a quarter of an hour after the Coordinator's start."""
    answer = druid.post(
        "/druid/v2",
        {
            "queryType": "segmentMetadata",
            "dataSource": datasource,
            "analysisTypes": [],
            "merge": False,
            "intervals": [interval],
        },
    )
    return {segment["id"] for segment in answer}
