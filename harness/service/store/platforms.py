"""The LMSs whose people may come: those of the settings, and those that an administrator registered on the page.

Both are platforms alike. The settings win where both say something, as they were there first and the page cannot
change them. Courses can be connected on the page for either.
"""

import msgspec
import sqlalchemy as sa

from harness.errors import UsageError
from harness.sentence import Sentence
from harness.service.database import Database
from harness.service.outgoing import Forbidden, target_of
from harness.service.schema import course, lti_course, lti_platform
from harness.service.settings import LtiPlatform, Settings, check_lti
from harness.service.store.auditing import note

__all__ = ["connect_course", "disconnect_course", "drop_platform", "platforms", "register_platform"]

#: What there is of a row in a platform.
_FIELDS = tuple(column.name for column in lti_platform.c if column.name not in ("id", "created_at"))
#: Characters of the LMS's id of a course (LTI Core 1.3, section 5.4.1, allows no more for any id of its kind).
_LONGEST_CONTEXT = 255


def platforms(connection: sa.Connection, settings: Settings) -> tuple[LtiPlatform, ...]:
    """Return every platform, with all of its courses; those of the settings come first."""
    found = {one.id: one for one in settings.lti_platforms}
    rows = connection.execute(sa.select(lti_platform).order_by(lti_platform.c.created_at, lti_platform.c.id))
    for row in rows.mappings():
        values = {name: row[name] for name in _FIELDS}
        # The operator writes the settings; an administrator may be somebody else.
        found.setdefault(row["id"], LtiPlatform(**values, private=False))
    connected: dict[str, dict[str, str]] = {}
    for one in connection.execute(sa.select(lti_course, course.c.slug).join(course)):
        connected.setdefault(one.platform_id, {})[one.context] = one.slug
    return tuple(
        msgspec.structs.replace(one, courses={**connected.get(one.id, {}), **one.courses}) for one in found.values()
    )


def register_platform(
    database: Database,
    connection: sa.Connection,
    settings: Settings,
    platform: LtiPlatform,
    *,
    by: str,
    address: str | None = None,
) -> None:
    """Let the people of an LMS come from now on.

    Raises:
        UsageError: it is registered already, an address of it is not one that we ask, or nobody could come to ours.
    """
    check_lti(settings)
    for url in (platform.auth_login_url, platform.auth_token_url, platform.jwks_url):
        try:
            target_of(url, private=False)
        except Forbidden as error:
            raise UsageError(
                Sentence("nothing is sent to {url}: {reason}", url=url, reason=error),
                Sentence("an LMS inside your own network belongs into the settings (docs/lti.md)"),
            ) from None
    values = {name: getattr(platform, name) for name in _FIELDS}
    row = {"id": platform.id, **values, "created_at": database.clock}
    is_known = any(one.id == platform.id for one in settings.lti_platforms)
    made = database.insert_new(lti_platform, row).returning(lti_platform.c.id)
    if is_known or connection.execute(made).first() is None:
        raise UsageError(
            Sentence("this LMS is registered already"),
            Sentence("take it out first to register it with other addresses"),
        )
    about = {"issuer": platform.issuer, "client": platform.client_id, "deployment": platform.deployment_id}
    note(database, connection, by, "lti.register", f"lti:{platform.id}", address=address, **about)


def drop_platform(
    database: Database, connection: sa.Connection, platform_id: str, *, by: str, address: str | None = None
) -> bool:
    """Let nobody come from an LMS any more, and send it no score; return False when the page registered no such one."""
    gone = sa.delete(lti_platform).where(lti_platform.c.id == platform_id).returning(lti_platform.c.issuer)
    issuer = connection.execute(gone).scalar()
    if issuer is None:
        return False
    connection.execute(sa.delete(lti_course).where(lti_course.c.platform_id == platform_id))
    note(database, connection, by, "lti.drop", f"lti:{platform_id}", address=address, issuer=issuer)
    return True


def connect_course(
    database: Database,
    connection: sa.Connection,
    platform: LtiPlatform,
    context: str,
    course_id: str,
    *,
    by: str,
    address: str | None = None,
) -> None:
    """Have a course of an LMS be one of ours.

    Raises:
        UsageError: it is one already, or what should be its id can be none.
    """
    if not 0 < len(context) <= _LONGEST_CONTEXT or not context.isprintable():
        raise UsageError(
            Sentence("this is no id of a course in an LMS"),
            Sentence("a launch that is refused says the id of its course"),
        )
    row = {"platform_id": platform.id, "context": context, "course_id": course_id}
    made = database.insert_new(lti_course, row).returning(lti_course.c.context)
    if context in platform.courses or connection.execute(made).first() is None:
        raise UsageError(
            Sentence("the course {id} of this LMS is connected already", id=repr(context)),
            Sentence("take it out first to connect it with another course"),
        )
    what = f"lti:{platform.id}"
    note(database, connection, by, "lti.connect", what, course_id=course_id, address=address, context=context)


def disconnect_course(
    database: Database,
    connection: sa.Connection,
    platform_id: str,
    context: str,
    *,
    by: str,
    address: str | None = None,
) -> bool:
    """Let nobody come from a course of an LMS any more; return False when the page did not connect it."""
    here = sa.and_(lti_course.c.platform_id == platform_id, lti_course.c.context == context)
    course_id = connection.execute(sa.delete(lti_course).where(here).returning(lti_course.c.course_id)).scalar()
    if course_id is None:
        return False
    what = f"lti:{platform_id}"
    note(database, connection, by, "lti.disconnect", what, course_id=course_id, address=address, context=context)
    return True
