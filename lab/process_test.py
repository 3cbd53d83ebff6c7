"""Only a lab's own processes are ever found, and so ended."""

import json
import os
import subprocess

import layout
import process
import pytest


@pytest.fixture
def lab(tmp_path):
    (tmp_path / "pid").mkdir()
    (tmp_path / "log").mkdir()
    return layout.Lab(tmp_path, tmp_path, layout.ports_from("21000"))


@pytest.fixture
def sleeper(lab):
    """A process with the mark of the lab's broker; `cat` waits on its input until it is ended."""
    child = subprocess.Popen(
        ["sh", "-c", "cat; true", lab.mark("broker")], stdin=subprocess.PIPE, start_new_session=True
    )
    yield child
    child.kill()
    child.communicate()


def record(lab, service, pid, started):
    lab.pid_file(service).write_text(json.dumps({"pid": pid, "started": started}))


def test_own_process_is_found(lab, sleeper):
    record(lab, "broker", sleeper.pid, process.start_time(sleeper.pid))
    assert process.find(lab, "broker").pid == sleeper.pid


def test_same_pid_started_at_another_time_is_somebody_else(lab, sleeper):
    record(lab, "broker", sleeper.pid, process.start_time(sleeper.pid) - 1)
    assert process.find(lab, "broker") is None


def test_process_without_the_mark_is_somebody_else(lab):
    parent = os.getppid()
    record(lab, "broker", parent, process.start_time(parent))
    assert process.find(lab, "broker") is None


@pytest.mark.parametrize("text", ["", "{}", "12", '{"pid": 999999999, "started": 1}'])
def test_damaged_or_stale_pid_files_name_nobody(lab, text):
    lab.pid_file("broker").write_text(text)
    assert process.find(lab, "broker") is None


def test_stop_ends_it_and_forgets_it(lab, sleeper):
    record(lab, "broker", sleeper.pid, process.start_time(sleeper.pid))
    process.stop(lab, ["broker"])
    assert process.find(lab, "broker") is None
    assert not lab.pid_file("broker").exists()


def test_stack_frames_do_not_hide_the_reason(lab):
    lab.log("kafka").write_text(
        "Caused by: no name\n" + "\tat a.b(C.java)\n" * 40 + "\t... 6 more\n"
    )
    assert process.story_end(lab, "kafka") == "Caused by: no name"


def test_log_end_shows_the_last_lines(lab):
    lab.log("kafka").write_text("".join(f"line {i}\n" for i in range(50)))
    assert process.log_end(lab, "kafka", 2) == "line 48\nline 49"
    assert process.log_end(lab, "broker") == "(no log)"
