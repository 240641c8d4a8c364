"""What an LMS and this service have to know of each other before anybody can come."""

from collections.abc import Mapping

from harness.sentence import marked
from harness.service.settings import Settings

__all__ = ["BLOCK", "JWKS", "LAUNCH", "LOGIN", "addresses"]

#: Paths of ours. An LMS that was told one has it for ever.
LOGIN, LAUNCH, JWKS = "/lti/login", "/lti/launch", "/lti/jwks.json"
#: For the settings, with what an LMS shows when the tool is registered there.
BLOCK = """\
[[lti_platforms]]
issuer = "https://lms.example.org"
client_id = ""
deployment_id = ""
auth_login_url = "https://"
auth_token_url = "https://"
jwks_url = "https://"

[lti_platforms.courses]
# the course's id in the LMS = its short name here
"42" = "deep-learning"
"""


def addresses(settings: Settings) -> Mapping[str, str]:
    """Return what an LMS asks for, by what most of them call it."""
    return {
        marked("tool URL, target link URI"): settings.address + LAUNCH,
        marked("login initiation URL"): settings.address + LOGIN,
        marked("redirect URI"): settings.address + LAUNCH,
        marked("public key set (JWKS)"): settings.address + JWKS,
    }
