"""A client that hands in many files at once and costs little itself: a process of its own.

    python benchmarks/load.py PORT CONNECTIONS FILE
    python benchmarks/load.py --follow PORT FILE

``FILE`` holds one request on each line: path, token, key and the name of the file to send, separated by tabs. It prints
one JSON object: seconds in all, milliseconds of each answer, statuses, and processor seconds of this process. To
follow, it opens a stream of events for each line (path, token), prints how many have begun, and reads until its end.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path


def requests(path: Path, port: int) -> Iterator[bytes]:
    """Yield the bytes of each request."""
    bodies: dict[str, bytes] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        target, token, key, name = line.split("\t")
        if name not in bodies:
            bodies[name] = Path(name).read_bytes()
        # No two files are the same.
        body = bodies[name] + b"\n# %d\n" % number
        head = (
            f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            f"Idempotency-Key: {key}\r\nContent-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


class Connection(asyncio.Protocol):
    """Sends the next request when the last one was answered."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.got = bytearray()
        self.since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the others."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self) -> None:
        """Send the next request, if there is one."""
        if (request := next(self.load.requests, None)) is None:
            self.transport.close()
            return
        self.since = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Note an answer that is whole."""
        self.got += data
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.got[:end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(self.got) < end + 4 + length:
            return
        del self.got[:]
        self.load.milliseconds.append((time.perf_counter() - self.since) * 1000)
        self.load.statuses[int(head[9:12])] += 1
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell when the last one has ended."""
        del exc
        self.load.open -= 1
        if not self.load.open:
            self.load.ended.set()


class Load:
    """All connections."""

    def __init__(self, sent: Iterator[bytes], connections: int) -> None:
        self.requests, self.open = sent, connections
        self.milliseconds: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.ended = asyncio.Event()

    async def run(self, port: int) -> float:
        """Send everything; return the seconds that it took."""
        loop = asyncio.get_running_loop()
        made = [await loop.create_connection(lambda: Connection(self), "127.0.0.1", port) for _ in range(self.open)]
        began = time.perf_counter()
        for _, protocol in made:
            protocol.send()
        await self.ended.wait()
        return time.perf_counter() - began


async def main(port: int, connections: int, path: Path) -> None:
    """Send and print."""
    load = Load(iter([*requests(path, port)]), connections)
    before = time.process_time()
    seconds = await load.run(port)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "milliseconds": load.milliseconds,
                "statuses": load.statuses,
                "cpu": time.process_time() - before,
            }
        )
    )


async def follow(port: int, path: Path) -> None:
    """Open a stream for each line, and read what comes."""

    async def one(line: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        target, token = line.split("\t")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        return reader, writer

    begun = await asyncio.gather(*(one(line) for line in path.read_text(encoding="utf-8").splitlines()))
    print(len(begun), flush=True)
    await asyncio.gather(*(reader.read(-1) for reader, _ in begun))
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "--follow":
        asyncio.run(follow(int(sys.argv[2]), Path(sys.argv[3])))
    else:
        asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
