"""What a lab consists of: services, ports, folders, configuration.

Nothing here starts or stops anything.
"""

import json
import os
import pathlib
import shutil
import socket
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent

CLASSIC_PORTS = {
    "router": 8888,
    "coordinator": 8081,
    "broker": 8082,
    "historical": 8083,
    "indexer": 8091,
    "kafka": 9092,
    "controller": 9093,
    "zookeeper": 2181,
    "derby": 1527,
}
# From these Linux may hand a port to any outgoing connection, at the wrong moment.
EPHEMERAL_PORTS = range(32768, 61000)

DRUID_OPENS = (
    "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
    "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
)


class LabError(Exception):
    """Something the user can act on; printed without a traceback."""


@dataclass(frozen=True)
class Memory:
    heap: str
    direct: str


DRUID_MEMORY = {
    "coordinator": Memory("400m", "256m"),
    "broker": Memory("400m", "400m"),
    "historical": Memory("400m", "400m"),
    "indexer": Memory("1536m", "1536m"),
    "router": Memory("128m", "128m"),
}
# In the order of starting; stopping goes the other way round.
SERVICES = ("zookeeper", "kafka", "coordinator", "broker", "historical", "indexer", "router")
ALIASES = {"overlord": "coordinator", "middlemanager": "indexer", "zk": "zookeeper"}


def service_named(word):
    """The service a user means. Errors: LabError lists the known names."""
    name = ALIASES.get(word, word)
    if name not in SERVICES:
        raise LabError(
            f"no service '{word}'; there are {', '.join(SERVICES)} (overlord = coordinator)"
        )
    return name


def ports_from(base):
    """The nine ports of a lab: the usual ones for None or 'default', else base to base + 8."""
    if base is None or base == "default":
        return dict(CLASSIC_PORTS)
    try:
        first = int(base)
    except ValueError:
        raise LabError(f"ports: '{base}' is neither a number nor 'default'") from None
    last = first + len(CLASSIC_PORTS) - 1
    if first < 1024 or last > 65535 or first in EPHEMERAL_PORTS or last in EPHEMERAL_PORTS:
        raise LabError(f"ports: {first}-{last} should lie in 1024-32767 or above 60999")
    return {name: first + i for i, name in enumerate(CLASSIC_PORTS)}


@dataclass(frozen=True)
class Lab:
    """One lab on disk: `home` has all it writes, `jars` is shared between labs."""

    home: pathlib.Path
    jars: pathlib.Path
    ports: dict

    def url(self, service):
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def kafka(self):
        return f"127.0.0.1:{self.ports['kafka']}"

    def log(self, service):
        return self.home / "log" / f"{service}.log"

    def pid_file(self, service):
        return self.home / "pid" / f"{service}.json"

    def mark(self, service):
        """A JVM argument by which a process is known as this lab's."""
        return f"-Dhenge.lab={self.home}/{service}"

    def description(self):
        return {
            "home": str(self.home),
            "ports": self.ports,
            "router": self.url("router"),
            "overlord": self.url("coordinator"),
            "coordinator": self.url("coordinator"),
            "broker": self.url("broker"),
            "kafka": self.kafka,
        }


def remembered_ports(home):
    """The ports with which the lab in `home` was first started, or None."""
    path = home / "ports.json"
    return json.loads(path.read_text()) if path.exists() else None


def open_lab(home_option, ports_option):
    """Finds the lab that options, environment and what is on disk name.

    Ports are fixed when a lab is first started: Kafka and Druid write them into their data.
    """
    home = pathlib.Path(
        home_option or os.environ.get("HENGE_LAB_HOME") or PROJECT / ".lab"
    ).resolve()
    wanted = ports_option or os.environ.get("HENGE_LAB_PORTS")
    known = remembered_ports(home)
    ports = ports_from(wanted) if wanted or not known else known
    if known and known != ports:
        raise LabError(
            f"the lab in {home} was made with router port {known['router']}, not"
            f" {ports['router']}; reset it first, or choose another --home"
        )
    return Lab(home, jars_folder(), ports)


def jars_folder():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(
        os.environ.get("HENGE_LAB_JARS") or pathlib.Path(cache) / "henge" / "lab-jars"
    )


def write_configuration(lab, jars):
    """Renders lab/conf into the lab's home, and remembers the ports."""
    for folder in ("conf", "log", "pid", "tmp", "data"):
        (lab.home / folder).mkdir(parents=True, exist_ok=True)
    (lab.home / "ports.json").write_text(json.dumps(lab.ports) + "\n")
    words = {"@JARS@": str(jars), "@DATA@": str(lab.home / "data")}
    words |= {f"@PORT_{name.upper()}@": str(port) for name, port in lab.ports.items()}
    target = lab.home / "conf"
    shutil.rmtree(target)
    for source in sorted((HERE / "conf").rglob("*")):
        if source.is_file():
            text = source.read_text()
            for word, value in words.items():
                text = text.replace(word, value)
            path = target / source.relative_to(HERE / "conf")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


def host_name_options(lab):
    """Druid and Kafka end at once where the machine's own name has no address: a bare chroot."""
    name = socket.gethostname()
    try:
        socket.getaddrinfo(name, None)
        return []
    except OSError:
        hosts = lab.home / "conf" / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {name}\n")
        return [f"-Djdk.net.hosts.file={hosts}"]


def command(lab, jars, service):
    """The command line that runs a service in the foreground."""
    conf = lab.home / "conf"
    java = ["java", lab.mark(service), "-XX:+UseSerialGC", "-XX:-UsePerfData"]
    java += host_name_options(lab)
    if service == "zookeeper":
        return java + [
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            f"{conf}/common:{jars}/druid/lib/*",
            "org.apache.zookeeper.server.ZooKeeperServerMain",
            f"{conf}/zoo.cfg",
        ]
    if service == "kafka":
        return java + [
            "-Xmx512m",
            "-cp",
            f"{conf}/common:{jars}/kafka/lib/*",
            "kafka.Kafka",
            f"{conf}/kafka.properties",
        ]
    memory = DRUID_MEMORY[service]
    return java + [
        "-server",
        "-XX:TieredStopAtLevel=1",
        f"-Xmx{memory.heap}",
        f"-XX:MaxDirectMemorySize={memory.direct}",
        "-Duser.timezone=UTC",
        "-Dfile.encoding=UTF-8",
        f"-Djava.io.tmpdir={lab.home}/tmp",
        "-Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager",
        *DRUID_OPENS,
        "-cp",
        f"{conf}/common:{conf}/{service}:{jars}/druid/lib/*",
        "org.apache.druid.cli.Main",
        "server",
        service,
    ]
