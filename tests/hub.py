"""A hub of data sets on this machine, which writes what is pushed to it into a folder."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@contextmanager
def hub(folder: Path) -> Iterator[str]:
    """Take pushes of `hf upload` into a folder, and yield the address; a push of what is not there is refused."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"]))
            repository = f"http://{self.headers['Host']}/datasets/me/mie_x"
            if self.path == "/api/repos/create":
                asked = json.loads(text)
                assert (asked["type"], asked["visibility"]) == ("dataset", "private")
                self._answer({"url": repository})
            elif "/preupload/" in self.path:
                files = [{"path": file["path"], "uploadMode": "regular"} for file in json.loads(text)["files"]]
                self._answer({"files": [file | {"shouldIgnore": False} for file in files]})
            elif "/commit/" in self.path:
                for line in map(json.loads, text.splitlines()):
                    if line["key"] == "file":
                        path = folder / line["value"]["path"]
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_bytes(base64.b64decode(line["value"]["content"]))
                self._answer({"commitUrl": f"{repository}/commit/1", "commitOid": "1" * 40})
            else:
                self._answer({})

        def do_GET(self) -> None:
            self._answer({})

        def _answer(self, content: dict) -> None:
            text = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
