"""Stand-in for what an instance talks to: its metadata service (IMDSv2), SSM, EC2 and S3, on a loopback port.

It models the calls of the nodes' scripts and answers everything else with an error. It is as strict as the original
where the scripts could fool themselves: no metadata without a session token, no parameter without a signature that
botocore, too, computes from the role's temporary credentials.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

OWN_ID = "i-0123456789abcdef0"
ROLE = "canal-control-plane"
# Characters that a signature's secret and a session token really have.
ACCESS_KEY, SECRET_KEY, SESSION_TOKEN = "ASIAEXAMPLE", "se/cret+key=/0123", "IQoJb3JpZ2lu//token+/=="
METADATA_TOKEN = "AQAEAmetadata=="
SECRETS = (SECRET_KEY, SESSION_TOKEN, METADATA_TOKEN)


def xml_error(code: str) -> str:
    """An error as EC2 and S3 write it."""
    return f"<Error><Code>{code}</Code><Message>stand-in refuses</Message></Error>"


class InstanceServices:
    """One instance's view of AWS: `tags` without their prefix, `parameters` by name, and failures still to come.

    `failures` holds (status, __type) answers given to the next SSM calls, `metadata_failures` the number of metadata
    requests still to be refused. `instances` maps ids to (private address, state) and `incomplete` says that EC2's answers
    are; `ec2_refuses` is the code with which EC2 refuses; `objects` maps paths to what was put there and its x-amz-meta-sha256. `on_read` is called with a parameter's name at each read, before it is answered.
    """

    def __init__(self, tags: dict[str, str], parameters: dict[str, str]) -> None:
        self.tags = tags
        self.parameters = dict(parameters)
        self.failures: list[tuple[int, str]] = []
        self.metadata_failures = 0
        self.calls: list[tuple[str, str]] = []
        self.queries: list[dict[str, str]] = []
        self.instances = {OWN_ID: ("10.0.16.10", "running")}
        #: Those of another stack.
        self.foreign: set[str] = set()
        self.incomplete = False
        self.ec2_refuses = ""
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.on_read: Callable[[str], None] = lambda name: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """Stops the server and waits for its thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def metadata(self, path: str) -> str | None:
        """The text at a path under /latest/meta-data/, None where EC2 answers 404."""
        fixed = {
            "instance-id": OWN_ID,
            "instance-type": "m7g.large",
            "local-ipv4": "10.0.16.10",
            "placement/availability-zone": "us-east-1a",
            "services/domain": "amazonaws.com",
            "iam/security-credentials/": ROLE,
            f"iam/security-credentials/{ROLE}": json.dumps(
                {"Code": "Success", "AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY, "Token": SESSION_TOKEN}
            ),
            "tags/instance": "\n".join(f"canal-aws:{key}" for key in self.tags),
        }
        if path.startswith("tags/instance/canal-aws:"):
            return self.tags.get(path.removeprefix("tags/instance/canal-aws:"))
        return fixed.get(path)

    def ssm(self, action: str, request: dict[str, object]) -> tuple[int, dict[str, object]]:
        """Status and answer of an SSM action, with AWS's own error names."""
        name = str(request["Name"])
        self.calls.append((action, name))
        if self.failures:
            status, kind = self.failures.pop(0)
            return status, {"__type": kind, "message": f"stand-in refuses {name}"}
        if action == "GetParameter" and request.get("WithDecryption") is True:
            self.on_read(name)
            if name in self.parameters:
                return 200, {"Parameter": {"Name": name, "Value": self.parameters[name]}}
            return 400, {"__type": "ParameterNotFound"}
        if action == "PutParameter" and request.get("Overwrite") is True:
            value = str(request["Value"])
            if len(value.encode()) > 4096:
                return 400, {"__type": "ValidationException", "message": "larger than the standard tier's 4096"}
            self.parameters[name] = value
            return 200, {"Tier": "Standard", "Version": 2}
        return 400, {"__type": "UnknownOperationException"}

    def ec2(self, query: dict[str, str]) -> tuple[int, str]:
        """DescribeInstances with the filters of the scripts; pretty-printed, as EC2 writes it."""
        self.queries.append(query)
        if self.ec2_refuses:
            return 403, xml_error(self.ec2_refuses)
        if query.get("Action") != "DescribeInstances" or query.get("Version") != "2016-11-15":
            return 400, xml_error("InvalidAction")
        found = dict(self.instances)
        for n in range(1, sum(key.endswith(".Name") for key in query) + 1):
            name = query[f"Filter.{n}.Name"]
            values = {value for key, value in query.items() if key.startswith(f"Filter.{n}.Value.")}
            if name.startswith("tag:canal-aws:"):
                assert len(values) == 1
                # All others here are of this stack's control plane.
                found = {i: facts for i, facts in found.items() if i not in self.foreign}
                continue
            position = {"instance-id": 0, "private-ip-address": 1, "instance-state-name": 2}[name]
            found = {i: facts for i, facts in found.items() if (i, *facts)[position] in values}
        items = "".join(
            f"<item>\n  <instanceId>{i}</instanceId>\n  <privateIpAddress>{address}</privateIpAddress>\n"
            f"  <networkInterfaceSet><item><privateIpAddress>{address}</privateIpAddress></item></networkInterfaceSet>\n"
            f"  <instanceState><name>{state}</name></instanceState>\n</item>\n"
            for i, (address, state) in found.items()
        )
        more = "<nextToken>more</nextToken>\n" if self.incomplete else ""
        return (
            200,
            f"<DescribeInstancesResponse>\n<reservationSet>\n{items}</reservationSet>\n{more}</DescribeInstancesResponse>",
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        services = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                if "Authorization" in self.headers:
                    return self.put_object()
                lifetime = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
                if self.path != "/latest/api/token" or not lifetime.isdigit():
                    return self.answer(400, "")
                self.answer(200, METADATA_TOKEN)

            def do_GET(self) -> None:
                if "Authorization" in self.headers:
                    return self.get_object()
                if self.headers.get("X-aws-ec2-metadata-token") != METADATA_TOKEN:
                    return self.answer(401, "")
                if services.metadata_failures:
                    services.metadata_failures -= 1
                    return self.answer(503, "")
                text = services.metadata(self.path.removeprefix("/latest/meta-data/"))
                self.answer(404 if text is None else 200, text or "")

            def get_object(self) -> None:
                if self.headers["Authorization"] != self.expected_authorization("GET", "s3", b""):
                    return self.answer(403, xml_error("SignatureDoesNotMatch"))
                path, _, query = self.path.partition("?")
                if query:
                    prefix = f"{path}/{dict(parse_qsl(query))['prefix']}"
                    keys = (key.removeprefix(f"{path}/") for key in sorted(services.objects) if key.startswith(prefix))
                    listed = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
                    return self.answer(200, f"<ListBucketResult><Prefix>x</Prefix>{listed}</ListBucketResult>")
                if path not in services.objects:
                    return self.answer(404, xml_error("NoSuchKey"))
                content, digest = services.objects[path]
                self.send_response(200)
                self.send_header("x-amz-meta-sha256", digest)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def put_object(self) -> None:
                if self.headers.get("Expect"):
                    self.send_response_only(100)
                    self.end_headers()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Authorization"] != self.expected_authorization("PUT", "s3", body):
                    return self.answer(403, xml_error("SignatureDoesNotMatch"))
                if self.headers["X-Amz-Content-SHA256"] != hashlib.sha256(body).hexdigest():
                    return self.answer(400, xml_error("XAmzContentSHA256Mismatch"))
                services.objects[self.path] = (body, self.headers["X-Amz-Meta-SHA256"])
                self.answer(200, "")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service = "ssm" if "X-Amz-Target" in self.headers else "ec2"
                if self.headers.get("Authorization") != self.expected_authorization("POST", service, body):
                    return self.answer(400, json.dumps({"__type": "InvalidSignatureException"}))
                if service == "ec2":
                    return self.answer(*services.ec2(dict(parse_qsl(body.decode()))))
                action = self.headers["X-Amz-Target"].removeprefix("AmazonSSM.")
                status, answer = services.ssm(action, json.loads(body))
                self.answer(status, json.dumps(answer))

            def expected_authorization(self, method: str, service: str, body: bytes) -> str:
                """What botocore computes for the same request, from the headers that were signed."""
                signed = self.headers.get("Authorization", "SignedHeaders=,").split("SignedHeaders=")[1].split(",")[0]
                needed = {"host", "x-amz-date", "x-amz-security-token"}
                needed |= {"ssm": {"x-amz-target"}, "s3": {"x-amz-content-sha256"}}.get(service, set())
                if not needed <= set(signed.split(";")):
                    return f"signed only {signed}"
                headers = {name: self.headers[name] for name in signed.split(";")}
                request = AWSRequest(method, f"{services.url}{self.path}", headers=headers, data=body)
                request.context["timestamp"] = self.headers["X-Amz-Date"]
                kind = S3SigV4Auth if service == "s3" else SigV4Auth
                auth = kind(Credentials(ACCESS_KEY, SECRET_KEY, SESSION_TOKEN), service, "us-east-1")
                text = auth.string_to_sign(request, auth.canonical_request(request))
                scope = auth.credential_scope(request)
                return (
                    f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={signed}, "
                    f"Signature={auth.signature(text, request)}"
                )

            def answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments: object) -> None:
                """Quiet: the tests look at `calls`."""

        return Handler
