"""Where the watcher looks: a panel redrawn in place on a terminal, plain lines elsewhere."""

import shutil
import sys
import time

from proving import view

LINE_EVERY_S = 10


class Screen:
    def __init__(self, stream=None, colours=True):
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.paint = view.Painter(colours and self.live)
        self.drawn = 0
        self.told = 0
        self.line_at = 0.0

    def tell(self, scene, text):
        """Something happened."""
        scene.news.append(f"{view.clock(scene.seconds)}  {text}")
        if not self.live:
            print(scene.news[-1], file=self.stream, flush=True)

    def show(self, scene):
        """The moment as it is now."""
        if not self.live:
            if scene.produced and time.monotonic() - self.line_at > LINE_EVERY_S:
                self.line_at = time.monotonic()
                print(view.progress_line(scene), file=self.stream, flush=True)
            return
        size = shutil.get_terminal_size()
        lines = view.panel(scene, self.paint, size.columns, size.lines)[: size.lines - 1]
        back = f"\x1b[{self.drawn}F" if self.drawn else ""
        text = "".join(f"{line}\x1b[K\n" for line in lines)
        self.stream.write(f"{back}\x1b[?7l{text}\x1b[0J\x1b[?7h")
        self.stream.flush()
        self.drawn = len(lines)

    def leave(self):
        """The panel stays where it is; what follows is written below it."""
        self.drawn = 0
