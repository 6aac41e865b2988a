"""What the proofs that need PostgreSQL do where it is not."""

from __future__ import annotations

import pytest

from tests.proofs import postgres


@pytest.mark.parametrize(("demanded", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_without_postgresql_a_proof_is_skipped_and_fails_where_it_is_demanded(
    monkeypatch: pytest.MonkeyPatch, demanded: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setattr(postgres, "_tools", lambda: None)
    monkeypatch.setenv(postgres.DEMANDED, demanded)

    with pytest.raises(outcome, match="PostgreSQL is not installed"), postgres.server():
        pass
