from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sqla_lint.config import Settings
from sqla_lint.engine.discover import Discovery, discover, settle
from sqla_lint.engine.run import unheard
from tests.runs import write


def look(
    root: Path,
    files: Mapping[str, str] | Sequence[str],
    paths: Sequence[str] = ("",),
    settings: Settings | None = None,
    warnings: list[str] | None = None,
) -> Discovery:
    write(root, files if isinstance(files, Mapping) else dict.fromkeys(files, ""))
    heard = warnings if warnings is not None else []
    return discover(root, [root / path for path in paths], settings or Settings(), heard.append)


def modules(found: Discovery) -> dict[str, str]:
    return {file.path: file.module for file in found.files}


def test_a_package_at_the_top_is_named_from_the_project_root(tmp_path: Path) -> None:
    found = look(tmp_path, ["pyproject.toml", "app/__init__.py", "app/db.py", "app/api/orders.py"])
    assert modules(found) == {"app/__init__.py": "app", "app/db.py": "app.db", "app/api/orders.py": "app.api.orders"}
    assert [file.package for file in found.files] == [True, False, False]


def test_src_is_no_part_of_a_module_name(tmp_path: Path) -> None:
    found = look(
        tmp_path, ["pyproject.toml", "src/app/__init__.py", "src/app/db.py", "src/single.py", "tests/test_a.py"]
    )
    assert modules(found) == {
        "src/app/__init__.py": "app",
        "src/app/db.py": "app.db",
        "src/single.py": "single",
        "tests/test_a.py": "tests.test_a",
    }
    assert {file.root for file in found.files} == {"src", ""}


def test_declared_source_roots_win(tmp_path: Path) -> None:
    settings = Settings(src=("backend", "services/*/lib"))
    found = look(
        tmp_path,
        ["pyproject.toml", "backend/__init__.py", "backend/app/db.py", "services/a/lib/x/y.py"],
        settings=settings,
    )
    assert modules(found) == {
        "backend/__init__.py": "backend",
        "backend/app/db.py": "app.db",
        "services/a/lib/x/y.py": "x.y",
    }


def test_a_monorepo_may_have_one_package_name_twice(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        [
            ".git/HEAD",
            "one/pyproject.toml",
            "one/app/__init__.py",
            "one/app/db.py",
            "two/pyproject.toml",
            "two/src/app/__init__.py",
            "two/src/app/db.py",
        ],
    )
    named = {file.path: (file.root, file.module) for file in found.files}
    assert named["one/app/db.py"] == ("one", "app.db")
    assert named["two/src/app/db.py"] == ("two/src", "app.db")


def test_a_namespace_package_is_named_by_what_imports_say(tmp_path: Path) -> None:
    found = look(
        tmp_path, ["pyproject.toml", "src/acme/shop/__init__.py", "src/acme/shop/db.py", "src/acme/mail/__init__.py"]
    )
    assert modules(found)["src/acme/shop/db.py"] == "shop.db"
    settled = settle(found.files, {"src/acme/mail/__init__.py": ["acme.shop.db", "acme.shop"]})
    assert {file.module for file in settled} == {"acme.shop", "acme.shop.db", "mail"}


def test_an_import_found_elsewhere_moves_nothing(tmp_path: Path) -> None:
    found = look(
        tmp_path,
        [
            "pyproject.toml",
            "src/shop/__init__.py",
            "src/shop/store/db.py",
            "src/acme/shop/store/__init__.py",
            "src/acme/shop/store/db.py",
        ],
    )
    settled = settle(found.files, {"src/shop/__init__.py": ["shop.store.db"], "x.py": ["acme.shop.store.db"]})
    assert {file.path: file.module for file in settled} == {
        "src/shop/__init__.py": "shop",
        "src/shop/store/db.py": "shop.store.db",
        "src/acme/shop/store/__init__.py": "acme.shop.store",
        "src/acme/shop/store/db.py": "acme.shop.store.db",
    }


def test_an_application_without_packages_is_named_by_what_imports_say(tmp_path: Path) -> None:
    found = look(tmp_path, ["pyproject.toml", "backend/app/db.py", "backend/app/main.py", "backend/app/logging.py"])
    assert modules(found)["backend/app/db.py"] == "backend.app.db"
    settled = settle(found.files, {"backend/app/main.py": ["app.db", "logging"]})
    assert {file.module for file in settled} == {"app.db", "app.main", "app.logging"}
    unmoved = settle(found.files, {"backend/app/main.py": ["logging"]})
    assert unmoved == found.files


def test_a_package_whose_scripts_are_started_in_it_is_a_root(tmp_path: Path) -> None:
    found = look(tmp_path, ["setup.py", "app/__init__.py", "app/run.py", "app/shop/db.py", "app/requests.py"])
    settled = settle(found.files, {"app/run.py": ["shop.db", "requests"]})
    assert {file.module for file in settled if file.path != "setup.py"} == {"__init__", "run", "shop.db", "requests"}
    assert settle(found.files, {"app/run.py": ["requests"]}) == found.files


def test_a_bare_package_keeps_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"pkg/__init__.py": "", "pkg/db.py": "", "other/x.py": ""})
    found = discover(tmp_path / "pkg", [tmp_path / "pkg"], Settings(), unheard)
    assert modules(found) == {"__init__.py": "pkg", "db.py": "pkg.db"}
    assert {file.root for file in found.files} == {".."}


def test_the_whole_project_is_context_and_the_paths_are_reported(tmp_path: Path) -> None:
    found = look(tmp_path, ["pyproject.toml", "app/a.py", "app/b.py", "lib/c.py"], ["app/a.py", "lib"])
    assert len(found.files) == 3
    assert found.reported == {"app/a.py", "lib/c.py"}


def test_without_a_project_only_the_paths_are_read(tmp_path: Path) -> None:
    found = look(tmp_path, ["a/x.py", "b/y.py", "c/z.py"], ["a", "b"])
    assert [file.path for file in found.files] == ["a/x.py", "b/y.py"]


def test_without_a_project_what_the_paths_import_is_context(tmp_path: Path) -> None:
    files = {
        "run.py": "import shop.store.db as db\nfrom helper import *\nfrom lib.deep import (\n    one,  # , two\n)\n",
        "helper.py": "from far import x; import gone\n",
        "far.py": "import run\n",
        "two.py": "",
        "beside.py": "",
        "lib/deep/one.py": "",
        "shop/__init__.py": "",
        "shop/other.py": "",
        "shop/store/__init__.py": "from . import session\nfrom ..names import N\nfrom ...beside import x\n",
        "shop/store/db.py": "",
        "shop/store/session.py": "",
        "shop/names.py": "",
    }
    found = look(tmp_path, files, ["run.py"])
    assert found.reported == {"run.py"}
    read = {"far.py", "helper.py", "lib/deep/one.py", "shop/__init__.py", "shop/names.py", "shop/store/__init__.py"}
    assert set(modules(found)) == read | {"run.py", "beside.py", "shop/store/db.py", "shop/store/session.py"}


def test_a_file_in_a_script_folder_imports_what_is_beside_it(tmp_path: Path) -> None:
    found = look(tmp_path, {"a/x.py": "import helper", "a/helper.py": "", "b/y.py": "import z"}, ["a/x.py", "b/y.py"])
    assert set(modules(found)) == {"a/x.py", "a/helper.py", "b/y.py"}


def test_what_is_excluded_is_not_imported(tmp_path: Path) -> None:
    found = look(tmp_path, {"x.py": "import y", "y.py": ""}, ["x.py"], Settings(exclude=("y.py",)))
    assert set(modules(found)) == {"x.py"}


def test_folders_that_hold_no_source_of_ours_are_left_out(tmp_path: Path) -> None:
    out = [".venv/x.py", "node_modules/x.py", "a/__pycache__/x.py", "build/x.py", "dist/x.py", ".tox/x.py", ".git/x.py"]
    assert modules(look(tmp_path, ["pyproject.toml", "a.py", "a.txt", *out])) == {"a.py": "a"}


def test_gitignore_is_honoured_nested_and_negated(tmp_path: Path) -> None:
    files = {
        ".git/HEAD": "",
        ".gitignore": "generated/\n*_pb2.py\n",
        "a.py": "",
        "a_pb2.py": "",
        "generated/x.py": "",
        "sub/.gitignore": "/local.py\n!keep_pb2.py\n",
        "sub/local.py": "",
        "sub/keep_pb2.py": "",
        "sub/deep/local.py": "",
    }
    assert set(modules(look(tmp_path, files))) == {"a.py", "sub/keep_pb2.py", "sub/deep/local.py"}


def test_gitignore_above_the_root_is_honoured(tmp_path: Path) -> None:
    write(
        tmp_path,
        {".git/HEAD": "", ".gitignore": "skip.py\n", "one/pyproject.toml": "", "one/skip.py": "", "one/a.py": ""},
    )
    found = discover(tmp_path / "one", [tmp_path / "one"], Settings(), unheard)
    assert set(modules(found)) == {"a.py"}


def test_a_path_that_is_given_is_read_even_if_ignored(tmp_path: Path) -> None:
    files = {".git/HEAD": "", ".gitignore": "corpus/\n", "a.py": "", "corpus/pkg/x.py": "", "build/y.py": ""}
    found = look(tmp_path, files, ["corpus/pkg", "build/y.py"])
    assert found.reported == {"corpus/pkg/x.py", "build/y.py"}


def test_exclude_holds_for_given_paths_too(tmp_path: Path) -> None:
    settings = Settings(exclude=("old/", "*_gen.py"))
    found = look(tmp_path, [".git/HEAD", "a.py", "b_gen.py", "old/x.py"], ["a.py", "b_gen.py"], settings)
    assert set(modules(found)) == {"a.py"}


def test_a_missing_path_is_an_error_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = look(tmp_path, [".git/HEAD", "a.py"], ["a.py", "gone.py"])
    assert [(error.path, error.message) for error in found.errors] == [("gone.py", "no such file or folder")]
    assert found.reported == {"a.py"}


def test_a_text_that_is_not_python_is_an_error_when_given(tmp_path: Path) -> None:
    found = look(tmp_path, [".git/HEAD", "a.md"], ["a.md"])
    assert [error.message for error in found.errors] == ["is not a Python source file"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", "a.py": ""})
    os.mkfifo(tmp_path / "pipe.py")
    warnings: list[str] = []
    assert set(modules(look(tmp_path, {}, warnings=warnings))) == {"a.py"}
    assert warnings == ["pipe.py is not a regular file and was left out"]
    assert [error.message for error in look(tmp_path, {}, ["pipe.py"]).errors] == ["is not a regular file"]


class TestLinks:
    def test_a_loop_is_named_once(self, tmp_path: Path) -> None:
        write(tmp_path, {".git/HEAD": "", "a/x.py": ""})
        (tmp_path / "a/again").symlink_to(tmp_path / "a")
        warnings: list[str] = []
        found = look(tmp_path, {}, ["", "a"], warnings=warnings)
        assert set(modules(found)) == {"a/x.py"}
        assert warnings == ["a/again links to a folder it stands in and was not followed"]

    def test_what_lies_inside_is_read_once(self, tmp_path: Path) -> None:
        write(tmp_path, {".git/HEAD": "", "a/x.py": ""})
        (tmp_path / "b").symlink_to(tmp_path / "a")
        (tmp_path / "y.py").symlink_to(tmp_path / "a/x.py")
        assert set(modules(look(tmp_path, {}))) == {"a/x.py"}

    def test_what_lies_outside_is_read_through_the_link(self, tmp_path: Path) -> None:
        write(tmp_path, {"in/.git/HEAD": "", "out/x.py": ""})
        (tmp_path / "in/shared").symlink_to(tmp_path / "out")
        found = discover(tmp_path / "in", [tmp_path / "in"], Settings(), unheard)
        assert modules(found) == {"shared/x.py": "shared.x"}

    def test_two_links_that_name_each_other_end(self, tmp_path: Path) -> None:
        write(tmp_path, {".git/HEAD": "", "x.py": ""})
        (tmp_path / "one").symlink_to(tmp_path / "two")
        (tmp_path / "two").symlink_to(tmp_path / "one")
        assert set(modules(look(tmp_path, {}))) == {"x.py"}
