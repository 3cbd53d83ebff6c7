"""What would let two labs disturb each other, or leave a service half configured."""

import json
import pathlib

import layout
import pytest


def make(home, base="default"):
    return layout.Lab(pathlib.Path(home), pathlib.Path("/jars"), layout.ports_from(base))


def test_usual_ports_are_those_of_druid_and_kafka():
    assert layout.ports_from(None)["router"] == 8888
    assert layout.ports_from("default")["kafka"] == 9092


def test_two_bases_share_no_port():
    first, second = layout.ports_from("21000"), layout.ports_from("21009")
    assert len(set(first.values()) | set(second.values())) == 2 * len(layout.CLASSIC_PORTS)


@pytest.mark.parametrize("base", ["x", "80", "65530", "40000", "32764", ""])
def test_unusable_ports_are_refused(base):
    with pytest.raises(layout.LabError):
        layout.ports_from(base)


@pytest.mark.parametrize(
    "word,service", [("overlord", "coordinator"), ("kafka", "kafka"), ("zk", "zookeeper")]
)
def test_services_have_the_names_people_use(word, service):
    assert layout.service_named(word) == service


def test_an_unknown_service_is_answered_with_the_known_ones():
    with pytest.raises(layout.LabError, match="zookeeper, kafka"):
        layout.service_named("postgres")


def test_configuration_is_complete_and_moves_with_the_ports(tmp_path):
    lab = make(tmp_path / "home", "21000")
    layout.write_configuration(lab, pathlib.Path("/jars/v1"))
    files = [p for p in (lab.home / "conf").rglob("*") if p.is_file()]
    text = "\n".join(p.read_text() for p in files)
    assert len(files) == len([p for p in (layout.HERE / "conf").rglob("*") if p.is_file()])
    assert "@" not in text
    for name, port in layout.CLASSIC_PORTS.items():
        assert str(port) not in text, name
        assert str(lab.ports[name]) in text, name


def test_ports_are_remembered_and_not_changed_behind_the_data(tmp_path, monkeypatch):
    monkeypatch.delenv("HENGE_LAB_PORTS", raising=False)
    monkeypatch.delenv("HENGE_LAB_HOME", raising=False)
    home = tmp_path / "home"
    assert layout.open_lab(home, None).ports == layout.CLASSIC_PORTS
    layout.write_configuration(make(home, "21000"), pathlib.Path("/jars/v1"))
    assert json.loads((home / "ports.json").read_text())["router"] == 21000
    assert layout.open_lab(home, None).ports["router"] == 21000
    assert layout.open_lab(home, "21000").ports["router"] == 21000
    with pytest.raises(layout.LabError, match="reset it first"):
        layout.open_lab(home, "21100")


def test_environment_names_the_lab_unless_options_do(tmp_path, monkeypatch):
    monkeypatch.setenv("HENGE_LAB_PORTS", "22000")
    monkeypatch.setenv("HENGE_LAB_HOME", str(tmp_path / "a"))
    assert layout.open_lab(None, None).home == tmp_path / "a"
    assert layout.open_lab(None, None).ports["kafka"] == 22005
    assert layout.open_lab(tmp_path / "b", "23000").home == tmp_path / "b"
    assert layout.open_lab(tmp_path / "b", "23000").ports["router"] == 23000


def test_a_machine_whose_name_has_no_address_gets_a_hosts_file(tmp_path, monkeypatch):
    lab = make(tmp_path)
    (tmp_path / "conf").mkdir()
    monkeypatch.setattr(layout.socket, "gethostname", lambda: "localhost")
    assert layout.host_name_options(lab) == []
    monkeypatch.setattr(layout.socket, "gethostname", lambda: "no-such-host.invalid")
    assert layout.host_name_options(lab) == [f"-Djdk.net.hosts.file={tmp_path}/conf/hosts"]
    assert "no-such-host.invalid" in (tmp_path / "conf" / "hosts").read_text()


def test_each_process_carries_the_mark_of_its_lab(tmp_path):
    marks = set()
    for home in (tmp_path / "a", tmp_path / "b"):
        for service in layout.SERVICES:
            lab = make(home)
            assert lab.mark(service) in layout.command(lab, pathlib.Path("/jars"), service)
            marks.add(lab.mark(service))
    assert len(marks) == 2 * len(layout.SERVICES)
