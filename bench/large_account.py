"""An embedded AWS with many large route tables: `python -m bench.large_account TABLES ROUTES` prints its URL and serves.

moto would take longer to render them than any client to read them, so DescribeRouteTables is answered from pages
rendered once, of 100 tables each (AWS's largest page); every other call is the embedded AWS's own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

_PAGE = 100
_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<DescribeRouteTablesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'


def pages(tables: int, routes: int) -> list[bytes]:
    """The answers, one a page, as EC2 writes them."""
    rendered = []
    for first in range(0, tables, _PAGE):
        last = min(first + _PAGE, tables)
        items = "".join(_table(number, routes) for number in range(first, last))
        token = f"<nextToken>{last}</nextToken>" if last < tables else ""
        body = f"<requestId>bench-{first}</requestId><routeTableSet>{items}</routeTableSet>{token}"
        rendered.append(_HEAD + body.encode() + b"</DescribeRouteTablesResponse>")
    return rendered


def _table(number: int, routes: int) -> str:
    items = "".join(
        f"<item><destinationCidrBlock>{10 + index // 65536}.{index // 256 % 256}.{index % 256}.0/24</destinationCidrBlock>"
        f"<instanceId>i-{index:017x}</instanceId><instanceOwnerId>123456789012</instanceOwnerId>"
        f"<networkInterfaceId>eni-{index:017x}</networkInterfaceId><state>active</state><origin>CreateRoute</origin></item>"
        for index in range(routes)
    )
    return (
        f"<item><routeTableId>rtb-{number:017x}</routeTableId><vpcId>vpc-{number:017x}</vpcId>"
        f"<ownerId>123456789012</ownerId><routeSet>{items}</routeSet><associationSet/><propagatingVgwSet/><tagSet/></item>"
    )


def answering(application: Callable[..., Iterable[bytes]], rendered: list[bytes]) -> Callable[..., Iterable[bytes]]:
    """The application with DescribeRouteTables answered from `rendered`."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        asked = parse_qs(body.decode("utf-8", "replace"))
        if asked.get("Action") != ["DescribeRouteTables"]:
            return application(environ, start_response)
        page = rendered[int(asked.get("NextToken", ["0"])[0]) // _PAGE]
        start_response("200 OK", [("Content-Type", "text/xml"), ("Content-Length", str(len(page)))])
        return [page]

    return answer


def main() -> None:
    """Serve until killed."""
    from canal_aws.sandbox.aws.server import EmbeddedAws

    rendered = pages(int(sys.argv[1]), int(sys.argv[2]))
    server = EmbeddedAws()
    server._server.app = answering(server._application, rendered)
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
