"""Files over http that can be held back from whoever fetches them again: henge reads a load's
sources once, and the task that Druid starts for it then waits."""

import http.server
import threading

HOLD_SECONDS = 300


class HeldFiles:
    """`held` are names of files that are given for the second time only when `free` is set."""

    def __init__(self):
        self.files = {}
        self.held = set()
        self.fetches = []
        self.free = threading.Event()
        files = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                files.answer(self)

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{name}"

    def put(self, name, text):
        self.files[name] = text.encode()

    def answer(self, handler):
        name = handler.path[1:]
        again = name in self.fetches
        self.fetches.append(name)
        body = self.files.get(name)
        if body is None:
            handler.send_error(404)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if name in self.held and again:
            self.free.wait(HOLD_SECONDS)
        try:
            handler.wfile.write(body)
        except OSError:
            pass  # its reader was stopped

    def close(self):
        self.free.set()
        self.server.shutdown()
        self.server.server_close()
