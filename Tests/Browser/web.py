"""A small web server for the pages under test: folders of files on a free port."""

from __future__ import annotations

import http.server
import threading
from pathlib import Path

TYPES = {".js": "text/javascript", ".html": "text/html; charset=utf-8", ".css": "text/css", ".svg": "image/svg+xml"}


class Web:
    """Serves each of its folders under `/`; the first that has the file answers."""

    def __init__(self, *folders: Path):
        self.folders = folders
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                name = self.path.partition("?")[0].lstrip("/")
                found = next((file for folder in web.folders if (file := folder / name).is_file()), None)
                data = found.read_bytes() if found and ".." not in name else b""
                self.send_response(200 if data else 404)
                self.send_header("Content-Type", TYPES.get(Path(name).suffix, "application/octet-stream"))
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *words: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), name="web", daemon=True)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> Web:
        self.thread.start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
