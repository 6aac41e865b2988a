from __future__ import annotations

from pathlib import Path

import pytest

from sqla_lint.config import NOT_YET, ConfigError, Deployed, Settings, find_root, load
from sqla_lint.model import Confidence, Severity
from tests.runs import CATALOGUE, write


def settings(root: Path, text: str, *options: str) -> Settings:
    write(root, {"sqla-lint.toml": text})
    return load([root], options).settings


def error(root: Path, text: str, *options: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        settings(root, text, *options)
    return caught.value


def test_without_a_file_everything_is_the_default(tmp_path: Path) -> None:
    assert load([tmp_path]).settings == Settings()


def test_every_key_is_honoured(tmp_path: Path) -> None:
    got = settings(
        tmp_path,
        """
        src = ["lib"]
        include = ["*.py", "*.pyw"]
        exclude = ["old/"]
        select = ["all"]
        extend-select = ["SQA2"]
        ignore = ["SQA101"]
        fail-on = "error"
        min-confidence = "possible"
        require-reason = true
        [per-file-ignores]
        "tests/**" = ["SQA201"]
        [severity]
        commit-in-repository = "info"
        [layers]
        repository = ["app.store.**"]
        [library]
        session-factories = ["app.db.make"]
        session-types = ["app.db.Session"]
        base-classes = ["app.models.Base"]
        handler-decorators = ["app.web.route"]
        """,
    )
    assert got.src == ("lib",)
    assert got.include == ("*.py", "*.pyw")
    assert got.exclude == ("old/",)
    assert got.select == ("all",)
    assert got.extend_select == ("SQA2",)
    assert got.ignore == ("SQA101",)
    assert got.fail_on is Severity.ERROR
    assert got.min_confidence is Confidence.POSSIBLE
    assert got.require_reason
    assert got.per_file_ignores == (("tests/**", ("SQA201",)),)
    assert got.severity == (("commit-in-repository", Severity.INFO),)
    assert got.layers == (("repository", ("app.store.**",)),)
    assert got.library.session_factories == ("app.db.make",)
    assert got.library.session_types == ("app.db.Session",)
    assert got.library.base_classes == ("app.models.Base",)
    assert got.library.handler_decorators == ("app.web.route",)


def test_pyproject_has_the_same_keys_in_its_table(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": '[project]\nname = "x"\n[tool.sqla-lint]\nignore = ["SQA101"]\n'})
    configuration = load([tmp_path])
    assert configuration.settings.ignore == ("SQA101",)
    assert configuration.origin("ignore") == "pyproject.toml:4"
    assert configuration.origin("select") == "default"


def test_an_unknown_key_points_at_its_line_and_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": '[project]\nname = "x"\n\n[tool.sqla-lint]\nselct = ["all"]\n'})
    with pytest.raises(ConfigError) as caught:
        load([tmp_path])
    assert str(caught.value) == (
        'unknown key `selct`, did you mean `select`?\n  --> pyproject.toml:5:1\n   |\n 5 | selct = ["all"]\n   | ^^^^^'
    )


def test_the_same_word_earlier_in_the_file_is_not_blamed(tmp_path: Path) -> None:
    text = '# selct\n[other]\nselct = 1\ntext = """\n[tool.sqla-lint]\nselct = 2\n"""\n[tool.sqla-lint]\nselct = []\n'
    write(tmp_path, {"pyproject.toml": text})
    with pytest.raises(ConfigError) as caught:
        load([tmp_path])
    assert (caught.value.line, caught.value.column) == (9, 1)


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ('select = "all"', "`select` must be a list of strings, not a string", 1, 1),
        ("ignore = [1]", "`ignore` must be a list of strings, not a list with other things in it", 1, 1),
        ("require-reason = 'yes'", "`require-reason` must be true or false, not a string", 1, 1),
        ("fail-on = 3", "`fail-on` must be a string, not a number", 1, 1),
        (
            "\nmin-confidence = 'likly'",
            "`min-confidence` must be one of `possible`, `likely`, `certain`, not `likly`, did you mean `likely`?",
            2,
            19,
        ),
        ("layers = []", "`layers` must be a table, not a list", 1, 1),
        ("transactions = 1", "`transactions` must be a table, not a number", 1, 1),
        ("transactions.ownr = 'service'", "unknown key `transactions.ownr`, did you mean `owner`?", 1, 1),
        ("[layers]\nrepositry = []", "unknown layer `repositry`, did you mean `repository`?", 2, 1),
        ("layers = { repositry = [] }", "unknown layer `repositry`, did you mean `repository`?", 1, 12),
        ("layers.repository = 'x'", "`layers.repository` must be a list of strings, not a string", 1, 1),
        (
            "[library]\nsession-factory = []",
            "unknown key `library.session-factory`, did you mean `session-factories`?",
            2,
            1,
        ),
        ("deployment = 1", "`deployment` must be a table, not a number", 1, 1),
        ("[deployment]\nreplicas = 3", "`deployment.replicas` must be a table, not a number", 2, 1),
        (
            "[deployment.web]\nreplica = 3",
            "unknown key `deployment.web.replica`, did you mean `replicas`?",
            2,
            1,
        ),
        (
            "[deployment.web]\ntarget = 'server'\n[deployment.jobs]\ntarget = 'bach'",
            "`deployment.jobs.target` must be one of `server`, `kubernetes`, `cloud-run`, `lambda`, `celery`, `batch`, "
            "not `bach`, did you mean `batch`?",
            4,
            11,
        ),
        ("deployment.web.threads = 1.5", "`deployment.web.threads` must be a whole number, not a number", 1, 1),
        ("deployment.web.max-connections = -1", "`deployment.web.max-connections` must be at least 1, not -1", 1, 1),
        ("deployment.web.pgbouncer = true", "`deployment.web.pgbouncer` must be a string, not a boolean", 1, 1),
        ("select = [", "is not TOML", 1, None),
    ],
)
def test_a_wrong_value_points_at_its_place(
    tmp_path: Path, text: str, message: str, line: int, column: int | None
) -> None:
    caught = error(tmp_path, text)
    assert message in caught.message
    assert (caught.file, caught.line) == ("sqla-lint.toml", line)
    assert column is None or caught.column == column


@pytest.mark.parametrize("key", NOT_YET)
def test_a_key_of_a_later_version_is_refused(tmp_path: Path, key: str) -> None:
    caught = error(tmp_path, f"{key} = {{}}")
    assert caught.message == f"`{key}` is not supported by this version"
    assert caught.line == 1


def test_options_change_the_file(tmp_path: Path) -> None:
    got = settings(tmp_path, 'fail-on = "info"\nignore = ["SQA101"]', "fail-on=error", "layers.task=['app.jobs']")
    assert got.fail_on is Severity.ERROR
    assert got.ignore == ("SQA101",)
    assert got.layers == (("task", ("app.jobs",)),)


def test_a_deployment_is_a_table_for_each_process(tmp_path: Path) -> None:
    text = "[deployment.web]\ntarget = 'kubernetes'\nreplicas = 3\n[deployment.jobs]\ntarget = 'batch'"
    got = settings(tmp_path, text, "deployment.web.replicas=6", "deployment.web.max-connections=100")
    web = Deployed("kubernetes", replicas=6, max_connections=100)
    assert got.deployment == (("web", web), ("jobs", Deployed("batch")))


def test_an_option_that_is_wrong_says_so(tmp_path: Path) -> None:
    caught = error(tmp_path, "", "selct=[]")
    assert caught.message.startswith("unknown key `selct`")
    assert caught.file == "--config"


def test_an_option_may_name_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"sqla-lint.toml": "require-reason = false", "ci/strict.toml": "require-reason = true"})
    assert load([tmp_path], [str(tmp_path / "ci/strict.toml")]).settings.require_reason


def test_a_missing_settings_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load([tmp_path], [str(tmp_path / "absent.toml")])


def test_flags_replace_or_add(tmp_path: Path) -> None:
    write(tmp_path, {"sqla-lint.toml": 'select = ["SQA1"]\nignore = ["SQA101"]'})
    got = load([tmp_path], typed={"select": ("SQA2",), "ignore": ("SQA202",)}).settings
    assert got.select == ("SQA2",)
    assert got.ignore == ("SQA101", "SQA202")


class TestRoot:
    def test_our_settings_beat_a_nearer_pyproject(self, tmp_path: Path) -> None:
        write(tmp_path, {"sqla-lint.toml": "", "a/pyproject.toml": "", "a/b/x.py": ""})
        assert find_root([tmp_path / "a/b"]) == tmp_path

    def test_a_pyproject_beats_a_nearer_repository(self, tmp_path: Path) -> None:
        write(tmp_path, {"pyproject.toml": "", "a/.git/HEAD": "", "a/x.py": ""})
        assert find_root([tmp_path / "a/x.py"]) == tmp_path

    def test_a_repository_will_do(self, tmp_path: Path) -> None:
        write(tmp_path, {".git/HEAD": "", "a/b/x.py": ""})
        assert find_root([tmp_path / "a/b/x.py"]) == tmp_path

    def test_several_paths_share_one_root(self, tmp_path: Path) -> None:
        write(tmp_path, {".git/HEAD": "", "a/pyproject.toml": "", "a/x.py": "", "b/x.py": ""})
        assert find_root([tmp_path / "a", tmp_path / "b"]) == tmp_path

    def test_a_bare_folder_is_its_own_root(self, tmp_path: Path) -> None:
        write(tmp_path, {"pkg/__init__.py": ""})
        assert find_root([tmp_path / "pkg"]) == tmp_path / "pkg"


class TestSelectors:
    def on(self, **keys: tuple[str, ...]) -> set[str]:
        return {c.rule.code for c in CATALOGUE.choices(Settings(**keys)) if c.on} - {f"SQA00{n}" for n in range(1, 7)}  # type: ignore[arg-type]  # keys of tuples only

    def test_default_leaves_strict_rules_out(self) -> None:
        assert self.on() == {"SQA101", "SQA201", "SQA202"}

    def test_names_codes_prefixes_chapters_and_all(self) -> None:
        assert self.on(select=("global-session",)) == {"SQA101"}
        assert self.on(select=("SQA202",)) == {"SQA202"}
        assert self.on(select=("SQA2",)) == {"SQA201", "SQA202", "SQA204"}
        assert self.on(select=("scope",)) == {"SQA101"}
        assert self.on(select=("all",)) == {"SQA101", "SQA201", "SQA202", "SQA204"}

    def test_extend_adds_and_ignore_wins(self) -> None:
        assert self.on(extend_select=("SQA204",), ignore=("SQA101",)) == {"SQA201", "SQA202", "SQA204"}

    def test_files_that_do_not_parse_are_always_told(self) -> None:
        codes = {c.rule.code for c in CATALOGUE.choices(Settings(select=("SQA201",))) if c.on}
        assert codes == {"SQA001", "SQA002", "SQA201"}

    @pytest.mark.parametrize("key", ["select", "ignore", "extend-select"])
    def test_an_unknown_rule_is_an_error_with_its_place(self, tmp_path: Path, key: str) -> None:
        write(tmp_path, {"sqla-lint.toml": f'{key} = ["SQA201", "commit-in-repo"]\n'})
        with pytest.raises(ConfigError) as caught:
            CATALOGUE.check(load([tmp_path]))
        assert caught.value.message == "no rule is called `commit-in-repo`, did you mean `commit-in-repository`?"
        assert (caught.value.file, caught.value.line) == ("sqla-lint.toml", 1)
