"""A real Druid and a real Kafka on loopback, to try henge with and to test it against.

Ports and home come from --ports/--home, else HENGE_LAB_PORTS/HENGE_LAB_HOME, else the usual ports
and .lab in the project. Two labs with different ports and homes run side by side.
"""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import time

import jars
import probe
import process
from layout import SERVICES, LabError, open_lab, service_named, write_configuration

# Druid goes first: its services hang on shutdown when ZooKeeper or the metadata store is gone.
STOP_ORDER = (
    ("router", "broker", "historical", "indexer"),
    ("coordinator",),
    ("kafka",),
    ("zookeeper",),
)
KAFKA_TOOLS = {
    "topics": "org.apache.kafka.tools.TopicCommand",
    "configs": "kafka.admin.ConfigCommand",
    "consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "get-offsets": "org.apache.kafka.tools.GetOffsetShell",
    "delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
    "transactions": "org.apache.kafka.tools.TransactionsCommand",
    "console-producer": "org.apache.kafka.tools.ConsoleProducer",
    "console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
}


def main(arguments):
    options = parser().parse_args(arguments)
    try:
        lab = open_lab(options.home, options.ports)
        return options.run(lab, options) or 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `lab logs | head` is no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def parser():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--home", metavar="DIR", help="where the lab keeps everything (.lab)")
    common.add_argument(
        "--ports",
        metavar="BASE",
        help="use BASE..BASE+8 instead of Druid's and Kafka's usual ports",
    )
    top = argparse.ArgumentParser(
        prog="./dev lab", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def add(name, run, text):
        sub = commands.add_parser(name, parents=[common], help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    up_ = add(
        "up", up, "start what is not running, wait until all of it is ready, print the addresses"
    )
    up_.add_argument(
        "--timeout", type=float, default=300, metavar="S", help="give up after S seconds (300)"
    )
    up_.add_argument("--json", action="store_true", help="print the addresses as one JSON object")
    add("down", down, "stop; the data stays")
    status_ = add(
        "status", status, "what runs, where, and is it ready; exit code 1 if not all of it is"
    )
    status_.add_argument("--json", action="store_true")
    add("reset", reset, "stop, and delete all data of this lab (not the jars)")
    for name, run, text in (
        ("start", start, "start services and wait until they are ready"),
        ("stop", stop, "stop services in order"),
        ("kill", kill, "end services with SIGKILL"),
        ("restart", restart, "stop services, start them, wait until they are ready"),
    ):
        sub = add(name, run, text)
        sub.add_argument("services", nargs="+", metavar="SERVICE", help=", ".join(SERVICES))
        sub.add_argument("--timeout", type=float, default=180, metavar="S")
    logs_ = add("logs", logs, "the end of a service's log, or of all")
    logs_.add_argument("services", nargs="*", metavar="SERVICE")
    logs_.add_argument("-n", type=int, default=20, dest="lines", help="lines (20)")
    logs_.add_argument("-f", action="store_true", dest="follow", help="go on printing what comes")
    add("env", env, 'print HENGE_LAB_* settings for a shell: eval "$(./dev lab env)"')
    add("jars", fetch, "only fetch the jars")
    kafka_ = add(
        "kafka", kafka, "run one of Kafka's tools against the lab: " + ", ".join(KAFKA_TOOLS)
    )
    kafka_.add_argument("tool")
    kafka_.add_argument("arguments", nargs=argparse.REMAINDER)
    return top


def up(lab, options):
    with locked(lab):
        if all(process.find(lab, service) for service in SERVICES) and not probe.whole(lab):
            say("is up already")
        else:
            bring_up(lab, SERVICES, options.timeout)
    print(json.dumps(lab.description()) if options.json else addresses(lab))


def bring_up(lab, services, timeout):
    """Starts what is missing among `services` and waits; on failure stops what it started."""
    folder = jars.ensure(lab.jars)
    missing = [service for service in services if not process.find(lab, service)]
    if not any(process.find(lab, service) for service in SERVICES):
        forget_half_made(lab)
        write_configuration(lab, folder)
    refuse_taken_ports(lab, missing)
    begun = time.monotonic()
    deadline = begun + timeout
    try:
        # The others look for ZooKeeper with growing pauses, so it costs less to have it first.
        if "zookeeper" in missing:
            process.start(lab, folder, "zookeeper")
        if "kafka" in missing:
            format_kafka(lab, folder)
        if "zookeeper" in missing:
            wait_ready(lab, ["zookeeper"], deadline, begun)
        for service in missing:
            if service != "zookeeper":
                process.start(lab, folder, service)
        wait_ready(lab, [s for s in services if s != "zookeeper"], deadline, begun)
        if all(process.find(lab, service) for service in SERVICES):
            wait_whole(lab, deadline, begun)
            made(lab).touch()
    except BaseException:
        stop_in_order(lab, missing)
        raise


def made(lab):
    return lab.home / "data" / "made"


def forget_half_made(lab):
    """A first start that broke off leaves a database that no later start can open."""
    if not made(lab).exists():
        shutil.rmtree(lab.home / "data", ignore_errors=True)


def refuse_taken_ports(lab, services):
    wanted = {service: [service] for service in services}
    wanted |= {"kafka": ["kafka", "controller"]} if "kafka" in services else {}
    wanted |= {"coordinator": ["coordinator", "derby"]} if "coordinator" in services else {}
    for names in wanted.values():
        for name in names:
            if probe.port_taken(lab.ports[name]):
                raise LabError(
                    f"port {lab.ports[name]} ({name}) is in use by another program;"
                    " choose others with --ports BASE (and another --home)"
                )


def format_kafka(lab, folder):
    """Kafka refuses a data folder that was not formatted; formatting twice is refused as well."""
    if (lab.home / "data/kafka/meta.properties").exists():
        return
    classpath = f"{lab.home}/conf/common:{folder}/kafka/lib/*"
    # A cluster id is 16 bytes in base64: 22 characters.
    identity = os.urandom(11).hex()
    code = os.spawnvp(
        os.P_WAIT,
        "sh",
        [
            "sh",
            "-c",
            'exec java -cp "$0" kafka.tools.StorageTool format --standalone'
            ' -t "$1" -c "$2" >"$3" 2>&1',
            classpath,
            identity,
            f"{lab.home}/conf/kafka.properties",
            str(lab.log("kafka")),
        ],
    )
    if code != 0:
        raise LabError(f"kafka: formatting its data folder failed\n{process.log_end(lab, 'kafka')}")


def wait_ready(lab, services, deadline, begun):
    waiting = {service: "not asked yet" for service in services}
    while waiting:
        for service in list(waiting):
            reason = probe.service(lab, service)
            if reason is None:
                del waiting[service]
                say(f"{service} ready after {time.monotonic() - begun:.0f} s")
            elif not process.find(lab, service):
                fail(lab, service, "ended while starting")
            else:
                waiting[service] = reason
        for service, reason in waiting.items():
            if time.monotonic() > deadline:
                fail(lab, service, f"not ready after {time.monotonic() - begun:.0f} s ({reason})")
        if waiting:
            time.sleep(0.25)


def wait_whole(lab, deadline, begun):
    while reason := probe.whole(lab):
        for service in SERVICES:
            if not process.find(lab, service):
                fail(lab, service, "ended while starting")
        if time.monotonic() > deadline:
            fail(lab, "coordinator", f"the services run, but not together ({reason})")
        time.sleep(0.25)
    say(f"all of it ready after {time.monotonic() - begun:.0f} s")


def fail(lab, service, what):
    raise LabError(
        f"{service}: {what}; the end of {lab.log(service)}:\n{process.story_end(lab, service)}"
    )


def down(lab, options):
    with locked(lab):
        stop_in_order(lab, SERVICES)
    say("is down")


def stop_in_order(lab, services):
    for group in STOP_ORDER:
        process.stop(lab, [service for service in group if service in services])


def reset(lab, options):
    if not lab.home.exists():
        return
    with locked(lab):
        stop_in_order(lab, SERVICES)
        for name in ("conf", "data", "log", "pid", "tmp"):
            shutil.rmtree(lab.home / name, ignore_errors=True)
        (lab.home / "ports.json").unlink(missing_ok=True)
    say(f"is down, and {lab.home} is empty")


def start(lab, options):
    with locked(lab):
        bring_up(lab, [service_named(word) for word in options.services], options.timeout)


def stop(lab, options):
    with locked(lab):
        stop_in_order(lab, [service_named(word) for word in options.services])


def kill(lab, options):
    with locked(lab):
        process.stop(lab, [service_named(word) for word in options.services], signal.SIGKILL)


def restart(lab, options):
    stop(lab, options)
    start(lab, options)


def status(lab, options):
    rows = []
    for service in SERVICES:
        found = process.find(lab, service)
        rows.append(
            {
                "service": service,
                "port": lab.ports[service],
                "pid": found and found.pid,
                "rss_mb": found and found.rss_mb,
                "state": (probe.service(lab, service) or "ready") if found else "down",
            }
        )
    together = (
        probe.whole(lab) if all(row["state"] == "ready" for row in rows) else "not all are ready"
    )
    if options.json:
        print(json.dumps(lab.description() | {"ready": not together, "services": rows}))
    else:
        print(f"{'SERVICE':<12} {'PORT':>5} {'PID':>7} {'MB':>5}  STATE")
        for row in rows:
            print(
                f"{row['service']:<12} {row['port']:>5} {row['pid'] or '-':>7}"
                f" {row['rss_mb'] or '-':>5}  {row['state']}"
            )
        print(addresses(lab) if not together else f"not ready: {together}")
    return 1 if together else 0


def addresses(lab):
    return f"druid: {lab.url('router')}  kafka: {lab.kafka}  logs: {lab.home}/log"


def logs(lab, options):
    services = [service_named(word) for word in options.services] or SERVICES
    if options.follow:
        os.execvp(
            "tail", ["tail", "-n", str(options.lines), "-F", *(str(lab.log(s)) for s in services)]
        )
    for service in services:
        if len(services) > 1:
            print(f"==> {service} <==")
        print(process.log_end(lab, service, options.lines))


def env(lab, options):
    about = lab.description()
    for name in ("home", "router", "overlord", "coordinator", "broker", "kafka"):
        print(f"export HENGE_LAB_{name.upper()}='{about[name]}'")
    if lab.ports["router"] + 1 == lab.ports["coordinator"]:
        print(f"export HENGE_LAB_PORTS='{lab.ports['router']}'")


def fetch(lab, options):
    print(jars.ensure(lab.jars))


def kafka(lab, options):
    if options.tool not in KAFKA_TOOLS:
        raise LabError(f"no Kafka tool '{options.tool}'; there are {', '.join(KAFKA_TOOLS)}")
    folder = jars.ensure(lab.jars)
    where = [] if "--bootstrap-server" in options.arguments else ["--bootstrap-server", lab.kafka]
    os.execvp(
        "java",
        [
            "java",
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            f"{jars.HERE}/conf/tools:{folder}/kafka/lib/*",
            KAFKA_TOOLS[options.tool],
            *where,
            *options.arguments,
        ],
    )


@contextlib.contextmanager
def locked(lab):
    """One command at a time changes a lab."""
    lab.home.mkdir(parents=True, exist_ok=True)
    with open(lab.home / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waits for another command on this lab")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def say(text):
    print(f"lab: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
