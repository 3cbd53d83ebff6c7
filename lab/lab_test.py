"""What `up` does to data that is already there. No service is started."""

import pathlib

import lab as program
import layout
import pytest


@pytest.fixture
def lab(tmp_path):
    (tmp_path / "data" / "derby").mkdir(parents=True)
    return layout.Lab(tmp_path, pathlib.Path("/jars"), layout.ports_from("21000"))


def test_data_of_a_first_start_that_broke_off_are_thrown_away(lab):
    program.forget_half_made(lab)
    assert not (lab.home / "data").exists()


def test_data_of_a_lab_that_once_ran_are_kept(lab):
    program.made(lab).touch()
    program.forget_half_made(lab)
    assert (lab.home / "data" / "derby").exists()


def test_services_stop_in_groups_that_name_each_service_once():
    stopped = [service for group in program.STOP_ORDER for service in group]
    assert sorted(stopped) == sorted(layout.SERVICES)


def test_a_wrong_service_is_an_error_without_a_traceback(tmp_path, capsys):
    assert program.main(["logs", "nosuch", "--home", str(tmp_path)]) == 1
    assert "no service 'nosuch'" in capsys.readouterr().err
