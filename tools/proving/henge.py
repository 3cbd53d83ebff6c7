"""Runs the henge program: commands that answer, and one that serves until it is stopped."""

import os
import pathlib
import signal
import subprocess
import time

import orjson

PROJECT = pathlib.Path(__file__).resolve().parents[2]
STOP_SECONDS = 30
# Every limit in the tests says how long a thing takes at most where nothing else runs. A limit is
# there to end a wait that is in vain, so on a machine that is busy with other tests it is this
# much longer.
PATIENCE = 3


class HengeError(Exception):
    """A command ended otherwise than it should; says how, and what it printed."""


def binary():
    return os.environ.get("HENGE_BINARY") or str(PROJECT / "build/release/henge")


class Henge:
    """One state folder and its configuration file."""

    def __init__(self, folder, druid_url, settings=None, config=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.state = self.folder / "state"
        self.log = self.folder / "serve.log"
        self.config = self.folder / "henge.yaml"
        self.config.write_text(config or configuration(druid_url, self.state, settings))
        self.child = None

    def command(self, *words):
        return [binary(), "--config", str(self.config), *map(str, words)]

    def run(self, *words, expect=(0,), timeout=120, env=None):
        """The finished process. Errors: HengeError for an exit code not in `expect`,
        subprocess.TimeoutExpired after `timeout` seconds (times PATIENCE)."""
        done = subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            timeout=timeout * PATIENCE,
            stdin=subprocess.DEVNULL,
            env=self.environment(env),
        )
        if expect is not None and done.returncode not in expect:
            raise HengeError(
                f"henge {' '.join(map(str, words))}: exit code {done.returncode}\n"
                f"{done.stdout}{done.stderr}".rstrip()
            )
        return done

    def json(self, *words, expect=(0,)):
        return orjson.loads(self.run("-o", "json", *words, expect=expect).stdout)

    def apply(self, *files):
        return self.run("apply", "--yes", *files)

    def chunks(self, pipeline):
        return self.json("chunks", pipeline)["chunks"]

    def status(self, pipeline):
        """The pipeline's row, and everything around it under 'whole'."""
        whole = self.json("status", pipeline)
        return whole["pipelines"][0] | {"whole": whole}

    def serve(self, env=None, wrap=()):
        """Starts serving; the log goes on in `log`. `wrap` are words before the command."""
        assert not self.serving, "one serves already"
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                [*wrap, *self.command("serve")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C in the terminal is for whoever started us; they stop it by pid.
                start_new_session=True,
                env=self.environment(env),
            )
        return self.child

    @property
    def serving(self):
        return self.child is not None and self.child.poll() is None

    def wait_killed(self, timeout=90):
        """Waits for the child to be ended by SIGKILL, as a failpoint does. Errors: HengeError."""
        try:
            code = self.child.wait(timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            raise HengeError(f"still serving after {timeout * PATIENCE} s") from None
        if code != -signal.SIGKILL:
            raise HengeError(f"ended with {code}, not by SIGKILL:\n{self.log_end()}")

    def kill(self):
        if self.serving:
            self.child.kill()
            self.child.wait()

    def stop(self):
        """Stops serving as a service manager would; the exit code, None if none served."""
        if self.child is None:
            return None
        if self.serving:
            self.child.terminate()
            try:
                self.child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.child.kill()
        return self.child.wait()

    def log_end(self, lines=25):
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    @staticmethod
    def environment(extra):
        """Ours, without what would change what is asked for."""
        ours = {
            name: value
            for name, value in os.environ.items()
            if name not in ("HENGE_CONFIG", "HENGE_STATE", "HENGE_DRUID_URL", "HENGE_FAILPOINT")
        }
        return ours | {"NO_COLOR": "1"} | (extra or {})


def configuration(druid_url, state, settings=None):
    """A configuration file; `settings` are lines in YAML."""
    return (
        "apiVersion: henge/v1\nkind: Config\n"
        f"druid: {{url: '{druid_url}'}}\n"
        f"stateDirectory: {state}\n"
        "rounds: {interval: PT1S, reconcile: PT4S}\n" + (settings or "")
    )


def wait_until(check, seconds, what, every=0.5):
    """Calls `check` until it returns something true, and returns that. Errors: TimeoutError after
    `seconds` (times PATIENCE)."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(every)
