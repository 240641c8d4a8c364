"""What an operator chooses: from one TOML file and the environment, checked before anything starts."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from harness.errors import UsageError
from harness.records import Level, Record
from harness.sentence import Sentence
from harness.service.ids import digest

__all__ = ["FILE_NAME", "LtiPlatform", "Settings", "check_lti", "read_settings"]

FILE_NAME = "dout-service.toml"
#: Variables of the environment that set what the file calls by the rest of the name, in lower case.
_PREFIX = "DOUT_"

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
#: 255 is the most that LTI Core 1.3 allows for a deployment.
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
#: Likewise, and one word: these come first in :attr:`LtiPlatform.key`.
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^\S+$")]
Address = Annotated[str, msgspec.Meta(pattern="^https?://[^/]", max_length=2000)]


class LtiPlatform(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An LMS whose people may come by LTI 1.3, as its own page about the tool gives the values."""

    issuer: Word
    client_id: Word
    deployment_id: Name
    auth_login_url: Address
    auth_token_url: Address
    jwks_url: Address
    #: Who the token is for, where that is not ``auth_token_url``.
    auth_audience: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    #: The LMS's id of a course ("context"), to the slug of the course here.
    courses: Mapping[str, str] = {}
    #: Whether its addresses may be ones of one's own network: never those that were written into the page.
    private: bool = True

    @property
    def key(self) -> str:
        """The three names that a platform is known by, in one."""
        return f"{self.issuer} {self.client_id} {self.deployment_id}"

    @property
    def id(self) -> str:
        """The same, for an address of a page."""
        return digest(self.key)[:32]


class Settings(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting, with what it is when nothing is said."""

    #: Folder of the database (SQLite), the key and installed assignments.
    data: str = "dout-data"
    #: ``postgresql+psycopg://…``; SQLite in the data folder when empty. Also read from ``DATABASE_URL``.
    database_url: str = ""
    #: The network address to listen on: ``0.0.0.0`` for every one of this machine.
    host: str = "127.0.0.1"
    #: The port to listen on.
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    #: How people reach it, behind a proxy: ``https://grader.example.org``. The address above when empty.
    public_url: str = ""
    #: Worker processes that `dout serve` starts: one for each processor when 0.
    workers: Annotated[int, msgspec.Meta(ge=0)] = 0
    #: Refuse to grade below this level of isolation (docs/security-model.md).
    isolation: Level = Level.B
    #: Largest body of a request, bytes.
    max_body: Count = 1 << 20
    #: Seconds between two signs of life of a worker.
    heartbeat_s: Seconds = 1.0
    #: Seconds without a sign of life after which a worker's work goes to others.
    dead_after_s: Seconds = 15.0
    #: Seconds between two looks at the queue by a worker that has nothing to do.
    poll_s: Seconds = 0.1
    #: Seconds between two looks for submissions that no queue knows.
    reconcile_s: Seconds = 30.0
    #: Hours that somebody stays logged in.
    session_hours: Seconds = 12.0
    #: Proxies whose word on the client's address is taken, as uvicorn's --forwarded-allow-ips.
    trusted_proxies: str = "127.0.0.1"
    #: Submissions a minute that are taken from one person.
    submissions_per_minute: Count = 30
    #: Submissions a minute that are taken from all of a course.
    course_submissions_per_minute: Count = 3000
    #: Wrong passwords a minute that are taken for one account.
    logins_per_minute: Count = 10
    #: Where the clocks hang that times on pages and in forms are read from, like ``Asia/Seoul``.
    timezone: str = "UTC"
    #: OpenID Connect: the address of who says who somebody is. All three of these, or none.
    oidc_issuer: str = ""
    #: OpenID Connect: what the issuer calls this service.
    oidc_client_id: str = ""
    #: OpenID Connect: the secret that it gave to this service.
    oidc_client_secret: str = ""
    #: ``[[lti_platforms]]`` in the file; there is no variable for it.
    lti_platforms: tuple[LtiPlatform, ...] = ()
    #: Webhooks may lead to addresses that are not public: for a receiver inside one's own network.
    private_webhooks: bool = False

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)

    @property
    def url(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.folder.resolve() / 'dout.sqlite3'}"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of pages and forms."""
        return ZoneInfo(self.timezone)

    @property
    def address(self) -> str:
        """How people reach the service, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def is_https(self) -> bool:
        """Whether people reach it by TLS."""
        return self.address.startswith("https://")

    @property
    def worker_count(self) -> int:
        """How many worker processes `dout serve` starts."""
        return self.workers or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else (0,))

    def __repr__(self) -> str:
        """Show no secret: this may end up in a log."""
        shown = {
            name: "…" if name in _SECRET and value else value for name, value in msgspec.structs.asdict(self).items()
        }
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


_SECRET = frozenset({"database_url", "oidc_client_secret"})


def read_settings(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """Return the settings of a file and the environment, which wins.

    Args:
        path: The file; None for ``dout-service.toml`` in the working directory, if it is there.
        environment: ``DOUT_PORT=80`` sets ``port``; ``DATABASE_URL`` sets ``database_url``.

    Raises:
        UsageError: the file cannot be read, or a setting is unknown or cannot be.
    """
    values: dict[str, Any] = {}
    shown = str(path or FILE_NAME)
    try:
        values = msgspec.toml.decode((path or Path(FILE_NAME)).read_bytes())
    except FileNotFoundError:
        if path is not None:
            raise UsageError(Sentence("there is no file {file}", file=shown)) from None
    except OSError as error:
        raise UsageError(Sentence("{file} cannot be read: {error}", file=shown, error=error.strerror)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(Sentence("{file} is not TOML: {error}", file=shown, error=error)) from None
    known = {field.name for field in msgspec.structs.fields(Settings)}
    if unknown := sorted(values.keys() - known):
        raise UsageError(
            Sentence("{file}: there is no setting {name}", file=shown, name=unknown[0]),
            Sentence("the settings are listed in docs/operate.md"),
        )
    source = dict.fromkeys(values, shown)
    for name, value in environment.items():
        setting = "database_url" if name == "DATABASE_URL" else name.removeprefix(_PREFIX).lower()
        if (name.startswith(_PREFIX) or name == "DATABASE_URL") and setting in known:
            values[setting], source[setting] = value, name
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        name = place.rstrip("`")
        # What a secret is set to stays out of the message, which msgspec keeps it out of as well.
        raise UsageError(
            Sentence(
                "{source}: {name} cannot be that: {error}", source=source.get(name, shown), name=name, error=message
            )
        ) from None
    try:
        _ = settings.zone
    except (ValueError, OSError, LookupError):
        raise UsageError(
            Sentence("{source}: there is no time zone {name}", source=source["timezone"], name=repr(settings.timezone)),
            Sentence("write it like {example}", example="Asia/Seoul"),
        ) from None
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        raise UsageError(
            Sentence(
                "{source}: {address} is not the address of a service",
                source=source["public_url"],
                address=repr(settings.public_url),
            ),
            Sentence("write it like {example}", example="https://grader.example.org"),
        )
    oidc = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    if any(oidc) and not all(oidc):
        raise UsageError(Sentence("OpenID Connect needs oidc_issuer, oidc_client_id and oidc_client_secret"))
    if settings.lti_platforms:
        check_lti(settings)
    return settings


def check_lti(settings: Settings) -> None:
    """Refuse what people from an LMS cannot come to.

    Raises:
        UsageError: they cannot.
    """
    if not settings.is_https:
        raise UsageError(
            Sentence("people from an LMS cannot come to {address}", address=settings.address),
            Sentence("set public_url to an https address: browsers take the cookie of such a login by TLS alone"),
        )


def host_name() -> str:
    """Return this machine's name, for what says where a worker runs."""
    return socket.gethostname()[:255]
