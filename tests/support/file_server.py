# SPDX-License-Identifier: BSD-3-Clause
"""A server of files on this machine that misbehaves as told."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What stands at a path, and what goes wrong with it."""

    content: bytes = b""
    status: int = 200
    location: str | None = None
    ranges: bool = True  # whether Range is honoured
    shift: int = 0  # by which an answer to a Range is off
    etag: str | None = None
    lengths: bool = True  # whether Content-Length is sent
    cut_after: list[int] = field(default_factory=list)  # bytes of each answer, in turn


class FileServer:
    """Serves `files` by path; `asked` lists (path, Range, If-Range) of each request."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.asked: list[tuple[str, str | None, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        self.asked.append((request.path, asked, request.headers.get("If-Range")))
        file = self.files.get(request.path, Served(status=404))
        content, status, start = file.content, file.status, 0
        found = re.fullmatch(r"bytes=(\d+)-", asked or "")
        same = request.headers.get("If-Range") in (None, file.etag)
        if found and file.ranges and same and status == 200:
            start = int(found[1])
            status = 206 if start < len(content) else 416
        request.send_response(status)
        if file.location:
            request.send_header("Location", file.location)
        if file.etag:
            request.send_header("ETag", file.etag)
        if status == 206:
            place = start + file.shift
            last = len(content) - 1
            request.send_header("Content-Range", f"bytes {place}-{last}/{len(content)}")
        elif status == 416:
            request.send_header("Content-Range", f"bytes */{len(content)}")
        body = content[start:] if status in (200, 206) else b""
        if file.lengths:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if file.cut_after:
            body = body[: file.cut_after.pop(0)]
        request.wfile.write(body)
