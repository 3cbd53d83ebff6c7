"""What a watcher sees of a run, as text made from values. Nothing here asks anybody."""

import calendar
import time
from dataclasses import dataclass, field

COLOURS = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "blue": "34"}
COLOURS |= {"magenta": "35", "cyan": "36"}

# State -> (block, colour): told apart by shape as well, for whoever sees no colours.
STATES = {
    "open": ("░░", "blue"),
    "closed": ("▒▒", "cyan"),
    "sealed": ("██", "green"),
    "dirty": ("▞▞", "yellow"),
    "repairing": ("◢◤", "magenta"),
    "uncertain": ("??", "red"),
}


@dataclass
class Scene:
    """One moment of a run."""

    seconds: float = 0
    stages: list = field(default_factory=list)  # (name, seconds or None, state)
    total: int = 0
    produced: int = 0
    on_time: int = 0
    late: int = 0
    unparseable: int = 0
    rate: float = 0
    silent: bool = False
    scanned: int = 0
    watermark_age: float | None = None
    supervisor: str = "-"
    lag: int | None = None
    waiting: int = 0
    repairing: int = 0
    repaired: int = 0
    repairs: int = 0
    chunks: list = field(default_factory=list)  # of `henge chunks`
    begun_ms: int = 0
    news: list = field(default_factory=list)


class Painter:
    def __init__(self, colours):
        self.colours = colours

    def __call__(self, colour, text):
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self.colours and colour else text


def panel(scene, paint, width, height):
    """The whole picture, as lines that fit `width` columns when colours are not counted."""
    lines = [
        f"{paint('bold', 'henge demo')}  {clock(scene.seconds)}   {stages(scene, paint)}",
        "",
        f"events    {bar(scene, paint, min(40, width - 45))}  {scene.produced:,} of"
        f" {scene.total:,}" + (f"  {scene.rate:,.0f}/s" if scene.rate else ""),
        f"          on time {scene.on_time:,} · late {scene.late:,} · unparseable"
        f" {scene.unparseable:,}" + (paint("yellow", " · partition 3 is silent") * scene.silent),
        f"druid     supervisor {scene.supervisor}"
        + ("" if scene.lag is None else f" · {scene.lag:,} behind"),
        f"henge     scanned {scene.scanned:,}"
        + ("" if scene.watermark_age is None else f" · watermark {scene.watermark_age:.0f} s ago"),
        f"late      {scene.waiting:,} waiting · {scene.repairing:,} in repair ·"
        f" {paint('green', f'{scene.repaired:,} repaired')} by {scene.repairs} tasks",
        "",
        *strip(scene, paint, width),
        "",
    ]
    room = max(3, min(8, height - len(lines) - 1))
    lines += [paint("dim", line[:width]) for line in scene.news[-room:]]
    return lines


def stages(scene, paint):
    marks = {"done": ("✔", "green"), "now": ("▶", "bold"), "ahead": ("·", "dim")}
    words = []
    for name, seconds, state in scene.stages:
        mark, colour = marks[state]
        took = f" {seconds:.0f}s" if state == "done" and seconds is not None else ""
        words.append(paint(colour, f"{mark} {name}{took}"))
    return "  ".join(words)


def bar(scene, paint, width):
    share = min(1, scene.produced / scene.total) if scene.total else 0
    full = round(width * share)
    return paint("green", "━" * full) + paint("dim", "─" * (width - full))


def strip(scene, paint, width):
    """Chunks as blocks: those of the run with their rows, older ones by age."""
    ages = {"days ago": [], "hours ago": [], "minutes": []}
    live = []
    for chunk in scene.chunks:
        age = scene.begun_ms - epoch_ms(chunk["start"])
        if age > 24 * 3_600_000:
            ages["days ago"].append(chunk)
        elif age > 50 * 60_000:
            ages["hours ago"].append(chunk)
        elif age > 60_000:
            ages["minutes"].append(chunk)
        else:
            live.append(chunk)
    legend = "  ".join(
        f"{paint(colour, block)} {name}" for name, (block, colour) in STATES.items()
    )
    lines = [f"chunks    {legend}"]
    for name, chunks in ages.items():
        if chunks:
            blocks = " ".join(block_of(chunk, paint) for chunk in chunks[: (width - 12) // 3])
            lines.append(f"{name:<9} {blocks}")
    for chunk in live[-6:]:
        rows = f"{chunk['on_time']:,} on time"
        if chunk["late"]:
            rows += f", {chunk['late']:,} late, {chunk['repaired']:,} of them in"
        lines.append(f"{chunk['start'][11:16]:<9} {block_of(chunk, paint)} {rows}{proof_of(chunk)}")
    return lines


def block_of(chunk, paint):
    block, colour = STATES.get(chunk["state"], ("??", "red"))
    return paint(colour, block)


def proof_of(chunk):
    seal = chunk["seal"]
    if chunk["state"] != "sealed" or not seal:
        return ""
    after = (epoch_ms(seal["at"]) - epoch_ms(chunk["end"])) / 1000
    when = f", {after:.0f} s after its end" if after < 600 and chunk["on_time"] else ""
    return f" · counted {seal['rows']:,}{when}"


def news_of(before, after):
    """What became different between two answers of `henge chunks`, as sentences."""
    known = {chunk["start"]: chunk for chunk in before}
    lines, closed = [], []
    pairs = [(known[chunk["start"]], chunk) for chunk in after if chunk["start"] in known]
    for old, chunk in pairs:
        name = f"chunk {chunk['start'][:16].replace('T', ' ')}"
        change = (old["state"], chunk["state"])
        if change in (("open", "sealed"), ("closed", "sealed"), ("uncertain", "sealed")):
            lines.append(f"{name} is sealed: {chunk['seal']['rows']:,} rows in Druid, as expected")
        elif old["state"] == chunk["state"]:
            continue
        elif chunk["state"] == "uncertain":
            lines.append(f"{name} is uncertain: {(chunk['doubt'] or {}).get('reason', '')}")
        elif chunk["state"] == "closed":
            closed.append(name)
        elif chunk["state"] == "open":
            lines.append(f"{name} is open again: on-time rows came after it was closed")
    if closed:
        several = f"{len(closed)} chunks are" if len(closed) > 1 else f"{closed[0]} is"
        lines.append(f"{several} closed: the watermark has passed, Druid is asked for its count")
    return lines + news_of_repairs(pairs)


def news_of_repairs(pairs):
    lines = []
    repaired = [(old, chunk) for old, chunk in pairs if chunk["repaired"] > old["repaired"]]
    if repaired:
        rows = sum(chunk["repaired"] - old["repaired"] for old, chunk in repaired)
        lines.append(f"{rows:,} late rows are in, and counted in {chunks_text(len(repaired))}")
    started = [new["repair"] for old, new in pairs if new["repair"] not in ("", old["repair"])]
    for repair in sorted(set(started)):
        size = started.count(repair)
        lines.append(f"{repair} starts: one task for the late rows of {chunks_text(size)}")
    return lines


def chunks_text(number):
    return f"{number} chunks" if number > 1 else "one chunk"


def progress_line(scene):
    """The scene for where nothing can be redrawn."""
    states = [chunk["state"] for chunk in scene.chunks]
    counts = ", ".join(f"{states.count(name)} {name}" for name in STATES if name in states)
    return (
        f"{clock(scene.seconds)}  produced {scene.produced:,}, scanned {scene.scanned:,}, late"
        f" {scene.waiting:,} waiting {scene.repaired:,} repaired; chunks: {counts or 'none yet'}"
    )


def table(comparison, chunks, paint):
    """A line per chunk: what was sent, what Druid holds, what henge says of it."""
    known = {epoch_ms(chunk["start"]): chunk for chunk in chunks}
    head = f"{'CHUNK':<16} {'ON TIME':>9} {'LATE':>7} {'IN DRUID':>9} {'MISSING':>8} {'DOUBLED':>8}"
    lines = [paint("bold", f"{head}  STATE")]
    for start, row in comparison.chunks.items():
        chunk = known.get(start)
        state = chunk["state"] if chunk else "unknown to henge"
        wrong = row.missing or row.doubled
        lines.append(
            f"{minute(start)} {row.on_time:>9,} {row.late:>7,} {row.in_druid:>9,}"
            + paint("red" if wrong else "", f" {row.missing:>8,} {row.doubled:>8,}")
            + "  "
            + paint(STATES.get(state, ("", "red"))[1], state)
            + (paint("dim", proof_of(chunk)) if chunk else "")
        )
    return lines


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def minute(ms):
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(ms / 1000))


def epoch_ms(text):
    whole = calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    fraction = text[19:].rstrip("Z").lstrip(".")
    return whole * 1000 + int((fraction + "000")[:3])
