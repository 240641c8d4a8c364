"""What every request goes through on its way to a handler, layer by layer."""

from abc import ABC, abstractmethod

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Layer"]


class Layer(ABC):
    """One of them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    @abstractmethod
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, by what lies below for the most part."""
