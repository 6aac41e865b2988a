"""The hook in the real pre-commit and prek: a commit that breaks what stands in another file is stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml

from tests.hooked import INDEX, ROOT, TOOLS, Repository, project, publish, tool
from tests.test_stdin import COMMITS, SHOP

FIXED = SHOP["app/repositories.py"]
BEFORE = {**{path: text for path, text in SHOP.items() if path != "app/handlers.py"}, "app/repositories.py": COMMITS}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Repository]:
    """A project for each tool that there is, its hook installed from the package index; all at the same time."""
    try:
        with urlopen(INDEX, timeout=10):
            pass
    except (URLError, TimeoutError) as error:
        pytest.skip(f"the package index cannot be reached: {error}")
    home = tmp_path_factory.mktemp("hooks")
    linter = publish(home / "linter", home)
    found = {name: project(home / f"shop of {name}", home, linter, BEFORE, "sqla-lint") for name in TOOLS if tool(name)}
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: found[name].run(tool(name), "install", "--install-hooks"), found))
    return found


@pytest.mark.parametrize("name", TOOLS)
def test_a_commit_is_stopped_by_what_it_does_to_another_file(name: str, shops: dict[str, Repository]) -> None:
    if name not in shops:
        pytest.skip(f"{name} is not installed")
    shop = shops[name]
    first = shop.head

    # A new handler leads to a commit in a repository that was alone so far.
    stopped = shop.commit({"app/handlers.py": SHOP["app/handlers.py"]})
    assert stopped.returncode != 0
    assert "error[commit-inside-begin]" in stopped.stdout
    assert "--> app/repositories.py:11:9 in OrderRepository.add" in stopped.stdout
    assert "2 app/handlers.py:12:5     `create_order` calls `OrderRepository.add`" in stopped.stdout
    assert shop.head == first

    # Repaired where it stands, both go in.
    passed = shop.commit({"app/repositories.py": FIXED})
    assert (passed.returncode, "error[" in passed.stdout) == (0, False)
    second = shop.head
    assert second != first

    # The other way round: the commit comes to a repository that handlers use already.
    stopped = shop.commit({"app/repositories.py": COMMITS})
    assert stopped.returncode != 0
    assert "error[commit-inside-begin]" in stopped.stdout
    assert shop.head == second
    assert shop.commit({"app/repositories.py": FIXED + "\n# reviewed\n"}).returncode == 0

    # A commit without Python is not held up.
    assert shop.commit({"notes.txt": "x\n"}).returncode == 0


def test_the_hooks_that_are_shown_are_those_there_are() -> None:
    """What `sqla-lint init` prints does what the published hook does."""
    from sqla_lint.commands.init import HOOK

    published = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))[0]
    (local,) = yaml.safe_load(HOOK)["repos"][0]["hooks"]
    for key in ("id", "name", "entry", "language", "types", "require_serial"):
        assert local[key] == published[key]
