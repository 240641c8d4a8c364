"""What holds for every test."""

import pytest


@pytest.fixture(autouse=True)
def _no_settings_of_tox(monkeypatch: pytest.MonkeyPatch) -> None:
    # pytest moves its cache into tox's folder when it sees this; users' runs have no such variable.
    monkeypatch.delenv("TOX_ENV_DIR", raising=False)
