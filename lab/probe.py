"""Asks services whether they are ready. Every answer is None (ready) or the reason why not yet."""

import http.client
import json
import socket
import struct
import urllib.error
import urllib.request

DRUID_PATHS = {
    # Leader elections are over and the node is known to the others, not only its port is open.
    "coordinator": "/druid/coordinator/v1/leader",
    "broker": "/druid/broker/v1/readiness",
    "historical": "/druid/historical/v1/readiness",
    "indexer": "/status/selfDiscovered",
    "router": "/status/selfDiscovered",
}
ONE_REPLICA = [{"type": "loadForever", "tieredReplicants": {"_default_tier": 1}}]


def service(lab, name):
    if name == "zookeeper":
        return zookeeper(lab.ports["zookeeper"])
    if name == "kafka":
        return kafka(lab.ports["kafka"])
    return attempt(lambda: http_call(lab.url(name) + DRUID_PATHS[name]))


def whole(lab):
    """What no single service can say: the parts see each other, the rules fit one historical."""
    router = lab.url("router")
    return (
        attempt(lambda: http_call(router + "/druid/indexer/v1/leader"))
        or attempt(lambda: require(http_call(router + "/druid/indexer/v1/workers"), "no worker"))
        or attempt(lambda: set_rules(router))
        or attempt(lambda: http_call(router + "/druid/v2/sql", {"query": "SELECT 1"}))
    )


def set_rules(router):
    """One replica: with one historical, the default of two leaves segments unavailable."""
    path = router + "/druid/coordinator/v1/rules/_default"
    if json.loads(http_call(path)) != ONE_REPLICA:
        http_call(path, ONE_REPLICA)


def require(body, otherwise):
    if not json.loads(body):
        raise ValueError(otherwise)


def attempt(call):
    try:
        call()
        return None
    except urllib.error.HTTPError as error:
        return f"{error.code} from {error.url}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error)) or type(error).__name__


def http_call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    # No proxy: these are always addresses of this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5) as answer:
        return answer.read()


def zookeeper(port):
    return attempt(
        lambda: require(
            json.dumps(exchange(port, b"srvr").startswith(b"Zookeeper version")), "not serving"
        )
    )


def kafka(port):
    """ApiVersions, version 0: the broker answers only once it takes part in the cluster."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    return attempt(
        lambda: require(
            json.dumps(len(exchange(port, struct.pack(">i", len(request)) + request)) > 10),
            "no answer",
        )
    )


def exchange(port, request):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        return connection.recv(4096)


def port_taken(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
