"""What holds for every test."""

import os

import pytest

# The developer's own language is no matter here: a test that is about another one than English says so.
for _variable in ("DOUT_LANG", "LANGUAGE", "LC_MESSAGES"):
    os.environ.pop(_variable, None)
os.environ["LC_ALL"] = "C.UTF-8"


@pytest.fixture(autouse=True)
def _no_settings_of_tox(monkeypatch: pytest.MonkeyPatch) -> None:
    # pytest moves its cache into tox's folder when it sees this; users' runs have no such variable.
    monkeypatch.delenv("TOX_ENV_DIR", raising=False)
