"""The lab's jars: fetched once from Maven Central into a cache that all labs of a user share."""

import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import sys

from layout import HERE, LabError

MAVEN = HERE / "maven"


def ensure(cache: pathlib.Path) -> pathlib.Path:
    """The folder with all jars, fetched if need be. A half-finished download is never used."""
    done = cache / version()
    if done.is_dir():
        return done
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_dir():
            fetch(done)
    return done


def version() -> str:
    """Names the jars by the content of the pom files: a new version is a new folder."""
    digest = hashlib.sha256()
    for pom in sorted(MAVEN.rglob("pom.xml")):
        digest.update(pom.read_bytes())
    return digest.hexdigest()[:12]


def fetch(done: pathlib.Path) -> None:
    print(
        "lab: fetching the jars of Druid and Kafka from Maven Central (about 260 MB, once)",
        file=sys.stderr,
    )
    partial = done.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    log = done.parent / "fetch.log"
    # -C: a jar whose checksum does not match is refused.
    command = [
        "mvn",
        "-q",
        "-B",
        "-C",
        "-f",
        str(MAVEN / "pom.xml"),
        f"-Djars.home={partial}",
        "package",
    ]
    with open(log, "w") as out:
        try:
            failed = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode != 0
        except FileNotFoundError:
            raise LabError("maven is not installed: ./dev setup lab") from None
    if failed:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise LabError(f"fetching the jars failed, log {log}:\n{tail}")
    partial.rename(done)
