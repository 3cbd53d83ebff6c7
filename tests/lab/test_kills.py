"""henge is killed at every step between intent and outcome, and every event is there once."""

import random
import subprocess

import pytest

# In the order in which a late record's way leads through them.
STEPS = (
    "scan.delta_written",
    "scan.recorded",
    "chunk.judged",
    "repair.planned",
    "repair.intended",
    "repair.before_post",
    "druid.task.sent",  # the POST is out, the answer is not read
    "repair.answered",
    "repair.accepted",
    "repair.counted",
)
EAGER = {"late": {"maxDelay": "PT1S", "minRows": 50}}


@pytest.mark.parametrize("half", [STEPS[0::2], STEPS[1::2]], ids=["even", "odd"])
def test_killed_at_every_step(lab, trials, half):
    trial = trials(lab, "kills", spec=EAGER)
    trial.henge.apply(trial.file)
    for step in half:
        trial.burst(300)
        trial.henge.serve({"HENGE_FAILPOINT": step})
        trial.henge.wait_killed()
        trial.burst(100)  # while nobody serves
    trial.henge.serve()
    trial.prove()


def test_killed_while_applying(lab, trials):
    """A plan that was cut off anywhere is finished by applying again; nothing is posted twice."""
    trial = trials(lab, "applies")
    changed = 0
    for step in ("apply.declared", "druid.supervisor.sent", "apply.posted", "apply.recorded"):
        killed = trial.henge.run(
            "apply", "--yes", trial.file, expect=(-9,), env={"HENGE_FAILPOINT": step}
        )
        assert killed.returncode == -9
        trial.henge.apply(trial.file)
        trial.henge.run("plan", trial.file, expect=(0,))
        # The next step is only passed when there is something to change.
        changed += 1
        trial.change({"late": {"retention": f"P{changed}D"}})
        trial.change({"stream": {"completionTimeout": f"PT{30 + changed}M"}})
    trial.burst(500)
    trial.henge.apply(trial.file)
    trial.henge.serve()
    trial.prove()


def test_killed_at_any_moment(lab, trials):
    """Not only where a step has a name."""
    trial = trials(lab, "moments", spec=EAGER)
    trial.henge.apply(trial.file)
    chance = random.Random(20261123)
    for _ in range(6):
        trial.burst(200)
        trial.henge.serve()
        moment = chance.uniform(0.3, 6)
        with pytest.raises(subprocess.TimeoutExpired):
            trial.henge.child.wait(moment)
        trial.henge.kill()
    trial.henge.serve()
    trial.prove()
