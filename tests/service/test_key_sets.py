"""Keys that other systems publish: asked for once, kept for a while, and never more than is good for us."""

import asyncio

import httpx
import pytest
from lms import KEYS, Lms, public
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.service.key_sets import KeySets
from harness.service.refusals import LoginRefused

URL = "https://lms.example/jwks"


def names(keys):
    return [key.kid for key in keys.keys]


def test_many_who_come_at_once_ask_once():
    lms = Lms()
    sets = KeySets(lms.client, public)

    async def ask():
        return await asyncio.gather(*(sets.read(URL, names) for _ in range(20)))

    assert asyncio.run(ask()) == [["first"]] * 20
    assert lms.asked_for_keys == 1


def test_keys_are_asked_for_again_after_an_hour_so_that_one_can_be_withdrawn():
    lms, clock = Lms(), [1000.0]
    sets = KeySets(lms.client, public, clock=lambda: clock[0])
    assert asyncio.run(sets.read(URL, names)) == ["first"]
    lms.keys = [KEYS[1]]
    clock[0] += 3500
    assert asyncio.run(sets.read(URL, names)) == ["first"]
    clock[0] += 200
    assert asyncio.run(sets.read(URL, names)) == ["second"]


@pytest.mark.parametrize(
    "answer",
    [
        Response(status_code=500),
        Response(status_code=302, headers={"Location": "https://lms.example/elsewhere"}),
        Response(b"x"),
        Response(b"[]"),
        Response(b'{"keys": []}'),
        Response(b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "first"}]}'),
        Response(b'{"keys": [{"kty": "RSA", "n": 7}]}'),
        JSONResponse({"keys": [{**KEYS[0].as_dict(private=False), "use": "enc"}]}),
        Response(b'{"keys": "' + b"x" * (1 << 18) + b'"}'),
    ],
)
def test_what_holds_no_key_is_refused_and_not_asked_for_again_at_once(answer):
    lms, asked = Lms(), []

    async def jwks(request):
        asked.append(request.url.path)
        return answer

    lms.app.router.routes[:] = [Route("/jwks", jwks)]
    sets = KeySets(lms.client, public)
    for _ in range(3):
        with pytest.raises(LoginRefused) as refused:
            asyncio.run(sets.read(URL, names))
        assert (refused.value.code, refused.value.status) == ("issuer-unreachable", 502)
    assert asked == ["/jwks"]


def test_an_issuer_that_answers_drop_by_drop_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("harness.service.key_sets._DEADLINE_S", 0.2)

    async def drops(request):
        await asyncio.sleep(30)
        raise AssertionError

    sets = KeySets(lambda: httpx.AsyncClient(transport=httpx.MockTransport(drops)), public)
    with pytest.raises(LoginRefused):
        asyncio.run(sets.read(URL, names))


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_keys_inside_our_own_network_are_asked_for_where_the_settings_say_so_alone(address):
    lms = Lms()
    sets = KeySets(lms.client, lambda host, port: [address])
    with pytest.raises(LoginRefused):
        asyncio.run(sets.read(URL, names, private=False))
    assert lms.asked_for_keys == 0
    assert asyncio.run(KeySets(lms.client, lambda host, port: [address]).read(URL, names)) == ["first"]
