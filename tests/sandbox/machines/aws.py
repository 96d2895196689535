"""Stand-in for the embedded AWS: SSM's parameters, and EC2's list of instances for the timer that looks for the gone.

It takes any signature (the embedded AWS does too) and refuses every other call.
"""

from __future__ import annotations

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PLACEHOLDER = "placeholder"


class Aws:
    """`parameters` by name, `instances`: id to address of those that are alive. On a loopback port until `close`."""

    def __init__(self) -> None:
        self.parameters: dict[str, str] = {}
        self.instances: dict[str, str] = {}
        self.callers: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of an answer."""
        if target.startswith("AmazonSSM."):
            asked = json.loads(body)
            name = asked["Name"]
            if target.endswith("PutParameter"):
                self.parameters[name] = asked["Value"]
                return 200, b'{"Version": 2}'
            value = self.parameters.get(name, PLACEHOLDER)
            return 200, json.dumps({"Parameter": {"Name": name, "Value": value}}).encode()
        if b"Action=DescribeInstances" in body:
            asked_for = {values[0] for values in urllib.parse.parse_qs(body.decode()).values()}
            found = (pair for pair in self.instances.items() if asked_for & set(pair))
            items = "".join(
                f"<item><instanceId>{key}</instanceId><privateIpAddress>{address}</privateIpAddress></item>"
                for key, address in found
            )
            return 200, f"<DescribeInstancesResponse>{items}</DescribeInstancesResponse>".encode()
        return 400, b'{"__type": "NotModelled"}'

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        aws = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                aws.callers.append(self.headers.get("Authorization", ""))
                status, text = aws.answer(self.headers.get("X-Amz-Target", ""), body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        return Handler
