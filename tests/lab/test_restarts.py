"""Services of the lab go and come back under work; so this runs alone."""

from proving.henge import wait_until


def test_restarts_of_overlord_and_broker(whole_lab, trials):
    """The Overlord goes while a repair is under way, then the Kafka broker while events flow."""
    lab = whole_lab
    trial = trials(lab, "restarts")
    trial.start()
    trial.burst(1000)
    wait_until(trial.repair_tasks, 90, "a repair", every=0.1)
    lab.control("kill", "coordinator")
    trial.burst(500)
    lab.control("start", "coordinator")
    trial.burst(500)
    lab.control("restart", "kafka")
    trial.burst(500)
    assert trial.henge.serving
    trial.prove(300)
