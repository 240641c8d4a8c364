"""Requests to addresses that somebody else chose: none of them leads into our own network, and none is forwarded.

The name is looked up once, every address that it has is judged, and the connection goes to the address that was judged:
a name that means another machine a moment later (DNS rebinding) gains nothing. Certificates are checked for the name.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache

import httpx

from harness.records import Record

__all__ = [
    "DEADLINE_S",
    "TIMEOUT_S",
    "Answer",
    "Forbidden",
    "Resolve",
    "Unreachable",
    "fetch",
    "new_client",
    "resolve",
    "send",
    "target_of",
]

#: Seconds for a connection, and for each part of an answer.
TIMEOUT_S = 10.0
#: Seconds for everything: an answer that comes byte by byte holds nobody up.
DEADLINE_S = 30.0
#: Bytes of an answer that are read.
_MOST = 1 << 16

#: A host's name and port, to its addresses.
Resolve = Callable[[str, int], Sequence[str]]


class Forbidden(Exception):  # noqa: N818 - the address is forbidden; nothing went wrong
    """The address is not one that we send anything to."""


class Unreachable(Exception):  # noqa: N818 - likewise
    """There was no answer."""


class Answer(Record, frozen=True, kw_only=True):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    #: As much of it as is read.
    body: bytes


def new_client() -> httpx.AsyncClient:
    """Return a client for :func:`send` and :func:`fetch`.

    It keeps no connection open: one that was made for a name must not serve another name at the same address. It asks
    no proxy, which would look names up by itself.
    """
    return httpx.AsyncClient(
        verify=_trusted(),
        timeout=TIMEOUT_S,
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


@cache
def _trusted() -> ssl.SSLContext:
    # Reading the certificates takes as long as a request.
    return httpx.create_ssl_context(trust_env=False)


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host; it may be written as an address already, in any of its forms.

    Raises:
        OSError: it has none.
    """
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def target_of(url: str, *, private: bool) -> httpx.URL:
    """Return an address that something may be sent to, as far as that can be told before its host is looked up.

    Raises:
        Forbidden: it is none.
    """
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL:
        raise Forbidden("it is no address") from None
    if target.scheme != "https" and not (private and target.scheme == "http"):
        raise Forbidden("it does not begin with https://")
    if not target.host or target.userinfo or not 0 < (target.port or 443) < 1 << 16:
        raise Forbidden("it is no address")
    return target


async def send(
    client: httpx.AsyncClient,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    private: bool,
    look_up: Resolve = resolve,
) -> Answer:
    """POST something, and return the answer, whatever its status: a redirect is not followed.

    Args:
        client: Of :func:`new_client`.
        url: Where to.
        content: The body.
        headers: Those beside ``Host`` and ``User-Agent``.
        private: Whether the address may be one of our own network, and not encrypted.
        look_up: Gives the addresses of a name.

    Raises:
        Forbidden: it may not.
        Unreachable: there is no answer.
    """
    return await _ask(client, "POST", url, content, headers, private, look_up, _MOST)


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    headers: Mapping[str, str],
    *,
    private: bool,
    look_up: Resolve = resolve,
    most: int = _MOST,
) -> Answer:
    """GET something as :func:`send` POSTs it, and return the answer with ``most`` bytes of its body at most.

    Raises:
        Forbidden: as of :func:`send`.
        Unreachable: likewise.
    """
    return await _ask(client, "GET", url, b"", headers, private, look_up, most)


async def _ask(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    private: bool,
    look_up: Resolve,
    most: int,
) -> Answer:
    target = target_of(url, private=private)
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        async with asyncio.timeout(DEADLINE_S):
            addresses = await asyncio.to_thread(look_up, target.raw_host.decode("ascii"), port)
            if not addresses:
                raise Unreachable("the name has no address")
            if not private and not all(_is_public(address) for address in addresses):
                raise Forbidden("it leads to an address that is not public")
            for address in addresses[:-1]:
                # A machine may have an address of a kind that there is no way to from here.
                with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                    return await _answer(client, _request(client, method, target, address, content, headers), most)
            return await _answer(client, _request(client, method, target, addresses[-1], content, headers), most)
    except TimeoutError:
        raise Unreachable(f"nothing after {DEADLINE_S:g} s") from None
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"the name cannot be looked up: {error}") from None
    except httpx.HTTPError as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from None


def _request(
    client: httpx.AsyncClient,
    method: str,
    target: httpx.URL,
    address: str,
    content: bytes,
    headers: Mapping[str, str],
) -> httpx.Request:
    return client.build_request(
        method,
        target.copy_with(host=address),
        content=content or None,
        headers={
            **headers,
            "Host": target.netloc.decode("ascii"),
            "User-Agent": "dout",
            # What is compressed could be endless.
            "Accept-Encoding": "identity",
        },
        extensions={"sni_hostname": target.host},
    )


async def _answer(client: httpx.AsyncClient, request: httpx.Request, most: int) -> Answer:
    body = b""
    answer = await client.send(request, stream=True, follow_redirects=False)
    try:
        async for part in answer.aiter_raw(_MOST):
            body += part
            if len(body) >= most:
                break
    finally:
        await answer.aclose()
    return Answer(status=answer.status_code, headers=dict(answer.headers), body=body[:most])


def _is_public(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    # ::/8, which is reserved, holds the ways to write an IPv4 address as an IPv6 one; 6to4 and Teredo are two more.
    if isinstance(ip, ipaddress.IPv6Address) and (ip.sixtofour or ip.teredo or ip.is_site_local or ip.ipv4_mapped):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
