"""The project floor on facts written by hand: what names, classes, sessions, effects and blocks mean across files."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest

from sqla_lint.config import Settings
from sqla_lint.facts import schema as f
from sqla_lint.knowledge import Verb
from sqla_lint.model import Confidence
from sqla_lint.project import Module, Project
from sqla_lint.project.asking import Memo, flat
from sqla_lint.project.parts import parts
from sqla_lint.project.questions.streams import left_open as left_streaming
from sqla_lint.project.reading.reading import Reading
from sqla_lint.project.scopes import scopes
from sqla_lint.project.summary import Commit, Fill, Summary
from sqla_lint.project.values import Path
from tests.facts_by_hand import (
    Function,
    Part,
    attempt,
    bind,
    do,
    each,
    fail,
    function,
    give,
    imported,
    klass,
    module,
    project,
    unit,
    when,
    within,
)

SESSION = "sqlalchemy.orm.Session"
ASYNC_SESSION = "sqlalchemy.ext.asyncio.AsyncSession"

DB = module(
    "app.db",
    imported("sqlalchemy", "create_engine"),
    imported("sqlalchemy.orm", "sessionmaker"),
    bind("engine", "create_engine('sqlite://')"),
    bind("SessionLocal", "sessionmaker(engine)"),
)
"""A factory of sessions, as every application has one."""

FROM_SQLALCHEMY = imported("sqlalchemy.orm", "Session")
FROM_DB = imported("app.db", "SessionLocal")


def summary(of: Project, symbol: str) -> Summary:
    return of.summary(unit(of, symbol))


def effects(of: Project, symbol: str) -> set[tuple[Verb, Path]]:
    return {(key.verb, key.path) for key in summary(of, symbol).effects}


def commits(of: Project, symbol: str) -> list[tuple[Path, Confidence]]:
    """The sessions of its callers that a function commits, and how surely."""
    found = summary(of, symbol).effects.items()
    return sorted({(key.path, rank.sure) for key, rank in found if key.verb is Verb.COMMIT}, key=repr)


def called(of: Project, symbol: str) -> list[str]:
    """The functions whose effects a function has by calling them."""
    return [of.names.units[edge.callee].symbol for edge in summary(of, symbol).edges]


def param(index: int, *attrs: str) -> Path:
    return Path("param", index, attrs)


# -- names --


def target() -> Module:
    return module("app.repo", klass("Repo"), bind("LIMIT", "10"))


def lookup(name: str, *modules: Module, near: str = "app.main") -> str:
    of = project(*modules)
    return of.names.lookup(of.names.modules[near], name)


def test_an_imported_name_is_what_it_was_defined_as() -> None:
    assert lookup("Repo", target(), module("app.main", imported("app.repo", "Repo"))) == "app.repo.Repo"


def test_an_alias_is_another_name_for_the_same_symbol() -> None:
    assert lookup("R", target(), module("app.main", imported("app.repo", "Repo", "R"))) == "app.repo.Repo"


def test_a_relative_import_counts_from_the_package() -> None:
    assert lookup("Repo", target(), module("app.main", imported(".repo", "Repo"))) == "app.repo.Repo"


def test_a_package_counts_its_relative_imports_from_itself() -> None:
    package = module("app", imported(".repo", "Repo"), package=True)
    assert lookup("Repo", target(), package, near="app") == "app.repo.Repo"


def test_two_dots_leave_the_package() -> None:
    inner = module("app.api.orders", imported("..repo", "Repo"))
    assert lookup("Repo", target(), inner, near="app.api.orders") == "app.repo.Repo"


def test_a_re_export_is_followed_to_the_definition() -> None:
    package = module("app", imported(".repo", "Repo"), package=True)
    assert lookup("Repo", target(), package, module("app.main", imported("app", "Repo"))) == "app.repo.Repo"


def test_a_module_is_a_name_too() -> None:
    assert lookup("repo", target(), module("app.main", imported("app", "repo"))) == "app.repo"


def test_a_star_brings_public_names() -> None:
    assert lookup("Repo", target(), module("app.main", imported("app.repo", "*"))) == "app.repo.Repo"


def test_a_star_brings_no_underscored_names() -> None:
    hidden = module("app.repo", klass("_Repo"))
    assert lookup("_Repo", hidden, module("app.main", imported("app.repo", "*"))) == ""


def test_a_star_brings_only_what_all_lists() -> None:
    listed = module("app.repo", klass("Repo"), klass("Other"), exports=("Other",))
    main = module("app.main", imported("app.repo", "*"))
    assert lookup("Repo", listed, main) == ""
    assert lookup("Other", listed, main) == "app.repo.Other"


def test_modules_that_star_import_each_other_end() -> None:
    one = module("app.one", imported("app.two", "*"), klass("One"))
    two = module("app.two", imported("app.one", "*"), klass("Two"))
    assert lookup("Two", one, two, near="app.one") == "app.two.Two"
    assert lookup("Neither", one, two, near="app.one") == ""


def test_an_import_that_names_itself_ends() -> None:
    one = module("app.one", imported("app.two", "Thing"))
    two = module("app.two", imported("app.one", "Thing"))
    assert "Thing" in lookup("Thing", one, two, near="app.one")


def test_the_first_of_two_guarded_imports_wins() -> None:
    main = module("app.main", imported("app.repo", "Repo", guard="try"), imported("old.repo", "Repo", guard="except"))
    assert lookup("Repo", target(), main) == "app.repo.Repo"


def test_an_import_for_type_checking_gives_way_to_a_real_one() -> None:
    main = module("app.main", imported("old.repo", "Repo", guard="typing"), imported("app.repo", "Repo"))
    assert lookup("Repo", target(), main) == "app.repo.Repo"


def test_a_library_name_is_the_one_the_knowledge_uses() -> None:
    main = module("app.main", imported("sqlalchemy.orm.session", "Session"))
    assert lookup("Session", main) == SESSION


def test_a_definition_shadows_a_star() -> None:
    main = module("app.main", imported("app.repo", "*"), klass("Repo"))
    assert lookup("Repo", target(), main) == "app.main.Repo"


@pytest.mark.parametrize("backwards", [False, True])
def test_the_order_of_modules_does_not_matter(backwards: bool) -> None:
    modules = [DB, *borrowers()]
    of = project(*(modules[::-1] if backwards else modules))
    assert commits(of, "app.service.sign_up") == [(param(0), Confidence.CERTAIN)]


# -- classes --


def test_the_line_of_a_class_is_nearest_first() -> None:
    of = project(module("m", klass("A"), klass("B", "A"), klass("C", "A"), klass("D", "B, C")))
    line = [one.symbol for one in of.classes.line("m.D")]
    assert line == ["m.D", "m.B", "m.C", "m.A"]


def test_classes_that_inherit_from_each_other_end() -> None:
    of = project(module("m", klass("A", "B"), klass("B", "A")))
    assert {one.symbol for one in of.classes.line("m.A")} == {"m.A", "m.B"}


def test_a_method_is_found_in_a_base_class_of_another_module() -> None:
    base = module("app.base", klass("Base", "", function("save", "self")))
    repo = module("app.repo", imported("app.base", "Base"), klass("Repo", "Base"))
    of = project(base, repo)
    method = of.classes.method("app.repo.Repo", "save")
    assert method is not None
    assert method.symbol == "app.base.Base.save"


GENERIC = (
    imported("typing", "Generic"),
    imported("typing", "TypeVar"),
    bind("T", "TypeVar('T')"),
    klass("User"),
    klass("Store", "Generic[T]", function("make", "self", returns="T")),
    klass("Users", "Store[User]"),
)


def test_a_type_argument_reaches_an_inherited_method() -> None:
    of = project(module("m", *GENERIC, function("f", "", give("Users().make()"))))
    assert [value.type.name for value in summary(of, "m.f").returns] == ["m.User"]


def test_a_type_argument_passes_through_two_generic_classes() -> None:
    middle = klass("Cached", "Store[T]")
    last = klass("CachedUsers", "Cached[User]")
    of = project(module("m", *GENERIC, middle, last, function("f", "", give("CachedUsers().make()"))))
    assert [value.type.name for value in summary(of, "m.f").returns] == ["m.User"]


def test_a_class_property_is_read_on_the_class_too() -> None:
    query = function("query", "cls", give("Session().query(cls)"), decorators=("classproperty",))
    caller = function("f", "", give("User.query.one()"))
    of = project(module("m", FROM_SQLALCHEMY, klass("Store", "", query), klass("User", "Store"), caller))
    assert [value.type.name for value in summary(of, "m.f").returns] == ["m.User"]


def test_tests_are_not_all_that_run_a_function() -> None:
    work = module("app.work", function("work", "", do("pass_on()")))
    test = module("tests.test_work", imported("app.work", "work"), function("test_it", "", do("work()")))
    of = project(work, test)
    assert not of.run_only_by(unit(of, "app.work.work"), frozenset({"test"}))


@pytest.mark.parametrize(
    ("target", "of"),
    [
        ("_, one", "{user.id: user for user in users}.items()"),
        ("one", "users[1:]"),
        ("one", "filter(None, users)"),
        ("one", "chain(users, users)"),
        ("one", "[max(users, key=len)]"),
        ("_, one", "zip(users[:1], users)"),
    ],
)
def test_a_member_of_what_was_made_of_a_list_is_one_of_its_members(target: str, of: str) -> None:
    found = function("f", "users: list[User]", each(target, of, give("one")))
    made = project(module("m", imported("itertools", "chain"), klass("User"), found))
    assert {value.type.name for value in summary(made, "m.f").returns} == {"m.User", ""}


def test_a_mapping_that_makes_lists_keeps_what_is_put_into_them() -> None:
    fill = each("user", "users", do("groups[user.id].append(user)"))
    read = each("_, group", "groups.items()", each("one", "group", give("one")))
    body = (bind("groups", "defaultdict(list)"), fill, read)
    parts = (imported("collections", "defaultdict"), klass("User"), function("f", "users: list[User]", *body))
    assert {value.type.name for value in summary(project(module("m", *parts)), "m.f").returns} == {"m.User", ""}


@pytest.mark.parametrize("said", ["Store", "list[Store]"])
def test_a_class_method_that_gives_its_class_gives_the_class_it_is_called_on(said: str) -> None:
    read = function("read", "cls", give("found()"), returns=said, decorators=("classmethod",))
    caller = function("f", "", each("one", "User.read()", give("one")) if "list" in said else give("User.read()"))
    of = project(module("m", klass("Store", "", read), klass("User", "Store"), caller))
    names = {value.type.name for value in summary(of, "m.f").returns}
    assert names - {""} == {"m.User"}


def test_a_mixin_makes_instances_by_what_its_subclasses_inherit_beside_it() -> None:
    save = function("save", "self, session: Session", do("session.commit()"))
    made = (bind("one", "cls.model_validate(source)"), do("one.save(session)"))
    create = function("create", "cls, session: Session, source", *made, decorators=("classmethod",))
    active, user = klass("Active", "", save, create), klass("User", "SQLModel, Active")
    of = project(module("m", FROM_SQLALCHEMY, imported("sqlmodel", "SQLModel"), active, user))
    assert commits(of, "m.Active.create") == [(param(1), Confidence.CERTAIN)]


@pytest.mark.parametrize("base", ["flask_appbuilder.Model", "flask_appbuilder.models.sqla.Model"])
def test_flask_appbuilder_has_a_base_of_mapped_classes(base: str) -> None:
    package, _, name = base.rpartition(".")
    user = klass("User", name, bind("__tablename__", "'user_account'"))
    of = project(module("m", imported(package, name), user))
    assert of.classes.is_mapped("m.User")


@pytest.mark.parametrize(
    ("base", "body", "mapped"),
    [
        ("CoreUser", "__tablename__ = 'users'", True),
        ("Core.Model", "__table__ = users", True),
        ("CoreUser", "name = 'users'", False),
        ("ABC", "__tablename__ = 'users'", False),
        ("", "__tablename__ = 'users'", False),
    ],
)
def test_a_class_that_names_its_table_is_mapped_though_its_base_is_elsewhere(
    base: str, body: str, mapped: bool
) -> None:
    name, _, value = body.partition(" = ")
    elsewhere = imported("platform_core.models", base.partition(".")[0] or "CoreUser")
    parts = (elsewhere, imported("abc", "ABC"), klass("User", base, bind(name, value)))
    of = project(module("m", *(parts if base != "ABC" else parts[1:])))
    assert of.classes.is_mapped("m.User") is mapped


def test_a_class_with_a_table_is_mapped_and_its_base_is_not() -> None:
    base = klass("Base", "DeclarativeBase")
    user = klass("User", "Base", bind("__tablename__", "'user_account'"))
    of = project(module("m", imported("sqlalchemy.orm", "DeclarativeBase"), base, user))
    assert of.classes.is_mapped("m.User")
    assert not of.classes.is_mapped("m.Base")


# -- who owns a session --


def borrowers() -> tuple[Module, Module]:
    """A repository function that commits what it is given, and a service that calls it."""
    repo = module(
        "app.repo",
        FROM_SQLALCHEMY,
        function("add", "session: Session, row", do("session.add(row)"), do("session.commit()")),
    )
    service = module(
        "app.service",
        FROM_SQLALCHEMY,
        imported("app.repo", "add"),
        function("sign_up", "db: Session", do("add(db, 1)")),
    )
    return repo, service


def test_a_commit_of_a_parameter_is_an_effect_on_the_caller() -> None:
    of = project(*borrowers())
    assert commits(of, "app.repo.add") == [(param(0), Confidence.CERTAIN)]
    assert commits(of, "app.service.sign_up") == [(param(0), Confidence.CERTAIN)]


def test_an_effect_knows_the_call_it_came_through() -> None:
    of = project(*borrowers())
    (rank,) = (rank for key, rank in summary(of, "app.service.sign_up").effects.items() if key.verb is Verb.COMMIT)
    assert rank.depth == 1
    assert rank.via == unit(of, "app.repo.add").key


def test_a_session_given_by_keyword_is_the_same_session() -> None:
    repo, _ = borrowers()
    service = module("app.service", imported("app.repo", "add"), function("f", "x, db", do("add(row=x, session=db)")))
    assert commits(project(repo, service), "app.service.f") == [(param(1), Confidence.CERTAIN)]


def test_a_session_that_a_function_opens_itself_is_no_business_of_its_caller() -> None:
    opens = within("SessionLocal() as session", do("session.commit()"))
    of = project(DB, module("m", FROM_DB, function("f", "", opens)))
    assert effects(of, "m.f") == set()
    assert [event.path.root for event in summary(of, "m.f").events if event.verb is Verb.COMMIT] == ["fresh"]


REPOSITORY = klass(
    "Repo",
    "",
    function("__init__", "self, session: Session", bind("self.session", "session")),
    function("save", "self", do("self.session.commit()")),
)


def test_a_session_kept_on_self_is_the_constructors_argument() -> None:
    user = function("f", "db: Session", do("Repo(db).save()"))
    of = project(module("m", FROM_SQLALCHEMY, REPOSITORY, user))
    assert (param(0), Confidence.CERTAIN) in commits(of, "m.f")


def test_an_inherited_constructor_keeps_the_session_too() -> None:
    base = module("app.base", FROM_SQLALCHEMY, REPOSITORY)
    repo = module("app.repo", imported("app.base", "Repo"), klass("Users", "Repo"))
    user = module("app.use", imported("app.repo", "Users"), function("f", "db", do("Users(db).save()")))
    assert (param(0), Confidence.CERTAIN) in commits(project(base, repo, user), "app.use.f")


def test_a_constructor_that_calls_super_keeps_the_session_too() -> None:
    init = function("__init__", "self, db: Session, size", do("super().__init__(db)"), bind("self.size", "size"))
    child = klass("Users", "Repo", init)
    of = project(module("m", FROM_SQLALCHEMY, REPOSITORY, child, function("f", "db", do("Users(db, 1).save()"))))
    assert (param(0), Confidence.CERTAIN) in commits(of, "m.f")


def test_a_session_in_a_module_variable_is_everybodys() -> None:
    of = project(DB, module("m", FROM_DB, bind("session", "SessionLocal()"), function("f", "", do("session.commit()"))))
    assert [path.root for path, _ in commits(of, "m.f")] == ["global"]
    assert [stored.target for stored in summary(of, "m").stored] == ["m.session"]


def test_a_session_from_a_factory_function_is_the_callers() -> None:
    maker = function("open_session", "", give("SessionLocal()"))
    user = function("f", "", bind("session", "open_session()"), do("session.execute(1)"))
    of = project(DB, module("m", FROM_DB, maker, user))
    assert summary(of, "m.open_session").opened == ()
    assert {opened.exit for opened in summary(of, "m.f").opened} == {"normal", "exception"}


def test_a_session_that_fastapi_injects_is_the_providers() -> None:
    provider = function("get_session", "", within("SessionLocal() as session", do("(yield session)")))
    handler = function("f", "session: Session = Depends(get_session)", do("session.commit()"))
    of = project(DB, module("m", FROM_SQLALCHEMY, FROM_DB, imported("fastapi", "Depends"), provider, handler))
    assert commits(of, "m.f") == [(Path("injected", "m.get_session"), Confidence.CERTAIN)]


def test_an_annotated_alias_injects_as_well() -> None:
    provider = function("get_session", "", within("SessionLocal() as session", do("(yield session)")))
    alias = bind("SessionDep", "Annotated[Session, Depends(get_session)]")
    given = (imported("fastapi", "Depends"), imported("typing", "Annotated"), provider, alias)
    deps = module("app.deps", FROM_SQLALCHEMY, FROM_DB, *given)
    handler = function("f", "session: SessionDep", do("session.commit()"))
    of = project(DB, deps, module("app.api", imported("app.deps", "SessionDep"), handler))
    assert commits(of, "app.api.f") == [(Path("injected", "app.deps.get_session"), Confidence.CERTAIN)]


def test_a_commit_on_something_else_is_no_effect() -> None:
    git = klass("GitRepository", "", function("commit", "self"))
    of = project(module("m", FROM_SQLALCHEMY, git, function("f", "session: GitRepository", do("session.commit()"))))
    assert effects(of, "m.f") == set()


def test_an_untyped_parameter_takes_the_type_its_callers_give() -> None:
    inner = function("inner", "thing", do("thing.commit()"))
    of = project(module("m", FROM_SQLALCHEMY, inner, function("f", "db: Session", do("inner(db)"))))
    assert commits(of, "m.inner") == [(param(0), Confidence.LIKELY)]


# -- guards --

SAVE = function(
    "save", "session: Session, commit: bool = True", do("session.add(1)"), when("commit", do("session.commit()"))
)


@pytest.mark.parametrize(
    ("call", "does"),
    [("save(db)", True), ("save(db, True)", True), ("save(db, False)", False), ("save(db, commit=False)", False)],
)
def test_a_flag_is_decided_where_the_call_says_it(call: str, does: bool) -> None:
    of = project(module("m", FROM_SQLALCHEMY, SAVE, function("f", "db: Session", do(call))))
    assert bool(commits(of, "m.f")) is does


def test_a_flag_that_is_passed_on_stays_a_flag() -> None:
    middle = function("middle", "db: Session, flag", do("save(db, flag)"))
    never = function("never", "db: Session", do("middle(db, False)"))
    of = project(module("m", FROM_SQLALCHEMY, SAVE, middle, never))
    assert commits(of, "m.middle") != []
    assert commits(of, "m.never") == []


def test_a_flag_that_nobody_knows_is_not_certain() -> None:
    user = function("f", "db: Session, settings", do("save(db, settings.eager)"))
    of = project(module("m", FROM_SQLALCHEMY, SAVE, user))
    assert commits(of, "m.f") == [(param(0), Confidence.LIKELY)]


def test_a_session_or_a_new_one_is_the_callers_when_given() -> None:
    maker = function("f", "session: Session = None", bind("own", "session or SessionLocal()"), do("own.commit()"))
    caller = function("caller", "db: Session", do("f(db)"))
    of = project(DB, module("m", FROM_SQLALCHEMY, FROM_DB, maker, caller, function("alone", "", do("f()"))))
    assert [path for path, _ in commits(of, "m.caller")] == [param(0)]
    assert commits(of, "m.alone") == []


OWNED = function(
    "add",
    "row, session: Session = None",
    bind("owned", "session is None"),
    bind("session", "session or SessionLocal()"),
    attempt(
        do("session.add(row)"),
        when("owned", do("session.commit()")),
        final=(when("owned", do("session.close()")),),
    ),
)


def test_a_commit_of_an_owned_session_does_not_touch_a_borrowed_one() -> None:
    of = project(DB, module("m", FROM_SQLALCHEMY, FROM_DB, OWNED, function("f", "db: Session", do("add(1, db)"))))
    assert commits(of, "m.f") == []


def test_an_owned_session_that_is_closed_in_finally_is_closed() -> None:
    of = project(DB, module("m", FROM_SQLALCHEMY, FROM_DB, OWNED))
    assert summary(of, "m.add").opened == ()


def test_an_early_return_guards_what_follows() -> None:
    body = (when("not commit", give()), do("session.commit()"))
    save = function("save", "session: Session, commit=False", *body)
    caller = function("f", "db: Session", do("save(db)"))
    of = project(module("m", FROM_SQLALCHEMY, save, caller, function("g", "db: Session", do("save(db, True)"))))
    assert commits(of, "m.f") == []
    assert commits(of, "m.g") != []


# -- one thing after another --


def sequels(*body: Part, of: str = "m.f") -> list[tuple[str, Verb]]:
    """What happens to sessions in a function after what: (what, verb)."""
    found = project(DB, module("m", FROM_DB, FROM_SQLALCHEMY, *body))
    return [(one.first.what, one.then.verb) for one in summary(found, of).sequels]


STORE = function("store", "s: Session", do("s.add(1)"), do("s.commit()"))
"""A callee that commits."""


def test_a_write_after_the_commit_of_a_callee_is_a_sequel() -> None:
    assert sequels(STORE, function("f", "s: Session", do("store(s)"), do("s.add(2)"))) == [("commit", Verb.WRITE)]


def test_a_write_before_the_commit_of_a_callee_is_none() -> None:
    assert sequels(STORE, function("f", "s: Session", do("s.add(2)"), do("store(s)"))) == []


def test_a_write_on_another_session_is_none() -> None:
    assert sequels(STORE, function("f", "s: Session, t: Session", do("store(s)"), do("t.add(2)"))) == []


def test_branches_that_exclude_each_other_are_no_sequel() -> None:
    body = when("x", do("store(s)"), orelse=(do("s.commit()"),))
    assert sequels(STORE, function("f", "s: Session, x", body)) == []


KINDS = klass("Kind", "", bind("ADD", "'add'"), bind("DROP", "'drop'"))


def told(*body: f.Stmt) -> list[tuple[str, Verb]]:
    return sequels(STORE, KINDS, function("f", "s: Session, x, y", *body))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("x == 1", "x == 2"),
        ("x == Kind.ADD", "x == Kind.DROP"),
        ("x.lower() == Kind.ADD", "x.lower() in (Kind.DROP, 'other')"),
        ("x in ('a', 'b')", "x == 'c'"),
        ("x == 1", "x != 1"),
        ("x == 1 and y", "y and x == 2"),
        ("x is None", "x"),
        ("x == 1", "not x"),
    ],
)
def test_tests_of_a_local_that_exclude_each_other_are_no_sequel(first: str, second: str) -> None:
    assert told(when(first, do("store(s)")), when(second, do("s.add(2)"))) == []
    assert told(when(second, do("store(s)")), when(first, do("s.add(2)"))) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("x == 1", "y == 2"),
        ("x == 1", "x in (1, 2)"),
        ("x == 1", "x.real == 2"),
        ("x.kind == 1", "x.kind == 2"),
        ("x == y", "x == 2"),
        ("x == 1 or y", "x == 2"),
        ("x != 1", "x != 2"),
        ("x == 1", "x"),
        ("x.pop() == 1", "x.pop() == 2"),
    ],
)
def test_tests_that_may_both_hold_make_a_sequel(first: str, second: str) -> None:
    assert told(when(first, do("store(s)")), when(second, do("s.add(2)"))) == [("commit", Verb.WRITE)]


def test_a_local_that_is_bound_anew_is_another_matter() -> None:
    body = (when("x == 1", do("store(s)"), bind("x", "y()")), when("x == 2", do("s.add(2)")))
    assert told(*body) == [("commit", Verb.WRITE)]


def test_what_is_hidden_on_one_way_is_there_after_it() -> None:
    body = (when("x == 1", do("store(s)")), when("x == 2", do("y()")), do("s.add(2)"))
    assert told(*body) == [("commit", Verb.WRITE)]


def test_after_a_way_that_is_left_its_test_does_not_hold() -> None:
    assert told(when("x == 1", do("store(s)")), when("x == 1", give("y")), do("s.add(2)")) == []


def tried(*after: f.Stmt, first: f.Stmt | None = None, last: str = "log()", handler: f.Stmt | None = None) -> list[str]:
    """What has failed before something that happens after a `try` that binds `row`."""
    body = (bind("row", "make(s)"), do(last))
    guarded = attempt(*body, caught=(handler or do("log()"),))
    found = sequels(STORE, MAKES, function("f", "s: Session", first or bind("row", "None"), guarded, *after))
    return [what for what, _ in found if what == "failure"]


MAKES = function("make", "s: Session", do("s.add(1)"), do("s.commit()"), give("Row()"))


def test_a_name_that_a_failing_statement_binds_is_as_before() -> None:
    assert tried(when("not row", give()), do("s.execute('x')")) == []
    assert tried(when("row", do("s.execute('x')"))) == []
    assert tried(do("s.execute('x')")) == ["failure"]


def test_a_failure_after_the_name_is_bound_has_bound_it() -> None:
    assert tried(when("not row", give()), do("s.execute('x')"), last="s.execute('y')") == ["failure"]


def test_a_name_that_was_something_before_tells_nothing() -> None:
    assert tried(when("not row", give()), do("s.execute('x')"), first=bind("row", "other()")) == ["failure"]


def test_what_a_handler_binds_tells_of_the_failure() -> None:
    handler = bind("row", "None")
    assert tried(when("row", do("s.execute('x')")), first=bind("row", "other()"), handler=handler) == []


def test_a_name_that_is_bound_anew_tells_nothing() -> None:
    assert tried(bind("row", "other()"), when("row", do("s.execute('x')"))) == ["failure"]


def test_what_the_turns_of_a_loop_commit_is_no_matter_after_it() -> None:
    assert sequels(STORE, function("f", "s: Session, xs", each("x", "xs", do("store(s)")), do("s.commit()"))) == []


def test_ones_own_commit_is_no_callees() -> None:
    assert sequels(function("f", "s: Session", do("s.commit()"), do("s.add(1)"))) == []


def test_a_caught_error_and_a_use_are_a_sequel() -> None:
    body = attempt(do("s.flush()"), caught=(do("print(1)"),))
    assert sequels(function("f", "s: Session", body, do("s.execute(1)"))) == [("failure", Verb.USE)]


def test_a_caught_error_that_is_rolled_back_is_none() -> None:
    body = attempt(do("s.flush()"), caught=(do("s.rollback()"),))
    assert sequels(function("f", "s: Session", body, do("s.execute(1)"))) == []


def test_a_rollback_in_finally_mends_what_was_caught() -> None:
    body = attempt(do("s.flush()"), caught=(do("print(1)"),), final=(do("s.rollback()"),))
    assert sequels(function("f", "s: Session", body, do("s.execute(1)"))) == []


def test_a_savepoint_inside_the_try_ends_with_its_error() -> None:
    body = attempt(within("s.begin_nested()", do("s.flush()")), caught=(do("print(1)"),))
    assert sequels(function("f", "s: Session", body, do("s.execute(1)"))) == []


def test_a_savepoint_around_the_try_does_not() -> None:
    block = within("s.begin_nested()", attempt(do("s.flush()"), caught=(do("print(1)"),)), do("s.execute(1)"))
    assert sequels(function("f", "s: Session", block)) == [("failure", Verb.USE)]


def test_a_use_after_the_block_of_a_session_is_a_sequel() -> None:
    block = within("SessionLocal() as s", do("s.add(1)"))
    assert sequels(function("f", "", block, do("s.execute(1)"))) == [("over", Verb.USE)]


def test_a_use_in_the_block_and_a_rollback_after_it_are_none() -> None:
    block = within("SessionLocal() as s", do("s.execute(1)"))
    assert sequels(function("f", "", block, do("s.rollback()"))) == []


def test_a_provider_that_leaves_its_session_open_has_not_closed_it() -> None:
    made = bind("s", "SessionLocal()")
    lend = function("lend", "", made, do("(yield s)"), do("s.commit()"), decorators=("contextmanager",))
    close = function("close", "", made, do("(yield s)"), do("s.close()"), decorators=("contextmanager",))
    for provider, name, expected in ((lend, "lend", []), (close, "close", [("over", Verb.USE)])):
        block = within(f"{name}() as s", do("s.execute(1)"))
        found = function("f", "", block, do("s.execute(1)"))
        assert sequels(imported("contextlib", "contextmanager"), provider, found) == expected


def test_a_session_that_is_entered_again_is_open_again() -> None:
    block = within("s", do("s.execute(1)"))
    assert sequels(function("f", "", bind("s", "SessionLocal()"), block, block)) == []


def test_a_session_that_leaves_its_block_is_a_sequel() -> None:
    block = within("SessionLocal() as s", give("s"))
    assert sequels(function("f", "", block)) == [("over", Verb.USE)]


def kept(*body: f.Stmt, decorators: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """What a function keeps for longer than its session: (which entity, where)."""
    base = klass("Base", "DeclarativeBase")
    orm = (imported("sqlalchemy.orm", "DeclarativeBase"), imported("functools", "lru_cache"))
    shared = (bind("CACHE", "{}"), base, klass("User", "Base"))
    of = function("f", "s: Session", *body, decorators=decorators)
    found = project(module("m", *orm, FROM_SQLALCHEMY, *shared, of))
    return [(one.entity, one.holder) for one in summary(found, "m.f").kept]


def test_an_entity_in_a_container_of_the_module_is_kept() -> None:
    assert kept(bind("CACHE[1]", "s.get(User, 1)")) == [("m.User", "module")]
    assert kept(bind("own", "{}"), bind("own[1]", "s.get(User, 1)")) == []
    assert kept(bind("found", "User.query.first()"), do("found.roles.append(s.get(User, 1))")) == []
    assert kept(bind("CACHE[1]", "User()")) == []


def test_an_entity_belongs_to_the_session_that_loaded_it_also_through_a_callee() -> None:
    orm = (imported("sqlalchemy.orm", "DeclarativeBase"), klass("Base", "DeclarativeBase"), klass("User", "Base"))
    find = function("find", "s: Session", give("s.get(User, 1)"))
    block = within("SessionLocal() as t", do("t.add(u)"))
    other = function("f", "s: Session", bind("u", "find(s)"), block)
    same = function("g", "s: Session", bind("u", "find(s)"), do("s.add(u)"))
    either = function("h", "s: Session, t: Session", bind("u", "find(s)"), do("t.add(u)"))
    found = project(DB, module("m", FROM_SQLALCHEMY, FROM_DB, *orm, find, other, same, either))
    assert [one.entity for one in summary(found, "m.f").foreign] == ["m.User"]
    assert summary(found, "m.g").foreign == summary(found, "m.h").foreign == ()


def test_an_entity_that_is_expunged_first_is_kept_on_purpose() -> None:
    assert kept(bind("u", "s.get(User, 1)"), do("s.expunge(u)"), bind("CACHE[1]", "u")) == []


def test_a_generator_that_a_response_reads_outlives_its_block() -> None:
    rows = function("rows", "s: Session", do("s.execute(1)"), do("(yield)"))
    block = within("SessionLocal() as s", give("StreamingResponse(rows(s))"))
    response = imported("starlette.responses", "StreamingResponse")
    found = project(DB, module("m", response, FROM_SQLALCHEMY, FROM_DB, rows, function("f", "", block)))
    assert [(one.spawn.how, one.spawn.block) for one in summary(found, "m.f").outlived] == [("stream", True)]


def lingers(*body: f.Stmt) -> list[str]:
    """The uses of a session that an endless loop keeps, in a function with these statements."""
    of = function("f", "s: Session, xs", *body)
    ask = function("ask", "s: Session", do("s.execute(1)"))
    tick = function("tick", "s: Session", within("s.begin()", do("s.execute(1)")))
    found = project(DB, module("m", imported("time", "sleep"), FROM_SQLALCHEMY, FROM_DB, STORE, ask, tick, of))
    return [one.text for one in summary(found, "m.f").lingers]


def forever(*body: f.Stmt) -> f.Repeat:
    """`while True: ...`."""
    return f.Repeat(None, f.Lit(True), body, (), False)


def test_a_session_in_an_endless_loop_that_waits_lingers() -> None:
    assert lingers(forever(do("s.execute(1)"), do("sleep(1)"))) == ["s.execute(1)"]


def test_a_session_that_a_turn_gives_back_does_not_linger() -> None:
    assert lingers(forever(do("s.execute(1)"), do("s.rollback()"), do("sleep(1)"))) == []
    assert lingers(forever(do("s.execute(1)"), do("store(s)"), do("sleep(1)"))) == []
    assert lingers(forever(do("ask(s)"), do("sleep(1)"))) == ["ask(s)"]
    assert lingers(forever(do("tick(s)"), do("sleep(1)"))) == []
    assert lingers(forever(within("SessionLocal() as t", do("t.execute(1)")), do("sleep(1)"))) == []


def test_a_session_in_a_loop_that_ends_or_never_waits_does_not_linger() -> None:
    assert lingers(each("x", "xs", do("s.execute(1)"), do("sleep(1)"))) == []
    assert lingers(forever(do("s.execute(1)"))) == []
    assert lingers(forever(do("s.execute(1)"), when("not xs", f.Leave("break", None, -1)), do("sleep(1)"))) == []


def test_the_next_turn_of_a_loop_finds_the_error() -> None:
    body = attempt(do("s.flush()"), caught=(f.Leave("continue", None, -1),))
    assert sequels(function("f", "s: Session, xs", each("x", "xs", body))) == [("failure", Verb.FLUSH)]


def test_a_session_opened_in_each_turn_is_another_one() -> None:
    body = attempt(bind("s", "SessionLocal()"), do("s.flush()"), caught=(do("print(1)"),))
    assert sequels(function("f", "xs", each("x", "xs", body))) == []


def test_an_error_of_a_callee_is_caught_here() -> None:
    flush = function("flush", "s: Session", do("s.flush()"))
    body = attempt(do("flush(s)"), caught=(do("print(1)"),))
    assert sequels(flush, function("f", "s: Session", body, do("s.execute(1)"))) == [("failure", Verb.USE)]


def test_a_callee_that_catches_leaves_its_session_failed() -> None:
    quiet = function("quiet", "s: Session", attempt(do("s.flush()"), caught=(give("None"),)), give("s"))
    assert sequels(quiet, function("f", "s: Session", do("quiet(s)"), do("s.commit()"))) == [("left", Verb.COMMIT)]


def test_a_callee_that_raises_again_leaves_its_error_to_the_caller() -> None:
    loud = function("loud", "s: Session", attempt(do("s.flush()"), caught=(f.Leave("raise", None, -1),)))
    assert sequels(loud, function("f", "s: Session", do("loud(s)"), do("s.commit()"))) == []
    body = attempt(do("loud(s)"), caught=(do("print(1)"),))
    assert sequels(loud, function("f", "s: Session", body, do("s.commit()"))) == [("failure", Verb.COMMIT)]


def test_a_callee_that_rolls_back_is_not_told_to_find_a_failed_session() -> None:
    mend = function("mend", "s: Session", do("s.rollback()"), do("s.execute(1)"))
    body = attempt(do("s.flush()"), caught=(do("mend(s)"),))
    assert sequels(mend, function("f", "s: Session", body)) == []


def test_a_commit_while_a_savepoint_is_open_is_a_sequel() -> None:
    found = sequels(function("f", "s: Session", do("s.begin_nested()"), do("s.commit()"), do("s.rollback()")))
    assert found == [("savepoint", Verb.COMMIT)]


def test_a_savepoint_that_its_object_ends_is_none() -> None:
    body = (bind("p", "s.begin_nested()"), do("p.commit()"), do("s.commit()"))
    assert sequels(function("f", "s: Session", *body)) == []


def test_a_savepoint_that_is_a_block_is_none() -> None:
    assert sequels(function("f", "s: Session", within("s.begin_nested()", do("s.add(1)")), do("s.commit()"))) == []


def test_what_runs_beside_is_no_sequel() -> None:
    body = function("f", "s: Session", do("to_thread(store, s)"), do("s.add(2)"))
    of = project(module("m", FROM_SQLALCHEMY, imported("asyncio", "to_thread"), STORE, body))
    assert summary(of, "m.f").sequels == ()


@pytest.mark.parametrize(
    ("test", "asks"), [("x", ""), ("s.in_transaction()", "state"), ("not s.is_active", "state"), ("ready()", "test")]
)
def test_an_effect_says_what_decides_it(test: str, asks: str) -> None:
    of = project(module("m", FROM_SQLALCHEMY, function("f", "s: Session, x", when(test, do("s.commit()")))))
    (event,) = (one for one in summary(of, "m.f").events if one.verb is Verb.COMMIT)
    assert event.asks == asks


# -- what is left open --


def left_open(*body: Function) -> set[tuple[str, str]]:
    of = project(DB, module("m", FROM_DB, *body))
    return {(opened.exit, opened.state) for opened in summary(of, "m.f").opened}


def test_a_session_that_is_used_and_not_closed_holds_its_connection() -> None:
    found = left_open(function("f", "", bind("s", "SessionLocal()"), do("s.execute(1)")))
    assert found == {("normal", "begun"), ("exception", "begun")}


def test_a_close_at_the_end_does_not_help_an_exception() -> None:
    found = left_open(function("f", "", bind("s", "SessionLocal()"), do("s.execute(1)"), do("s.close()")))
    assert found == {("exception", "begun")}


def test_a_with_block_closes() -> None:
    assert left_open(function("f", "", within("SessionLocal() as s", do("s.execute(1)"), give("1")))) == set()


def test_finally_closes_on_every_path() -> None:
    body = attempt(do("s.execute(1)"), when("s.new", give("1")), final=(do("s.close()"),))
    assert left_open(function("f", "", bind("s", "SessionLocal()"), body)) == set()


def test_a_close_in_the_handler_only_does_not_close_the_normal_path() -> None:
    body = attempt(do("s.execute(1)"), caught=(do("s.close()"),))
    assert ("normal", "begun") in left_open(function("f", "", bind("s", "SessionLocal()"), body))


def test_a_session_handed_to_a_function_is_still_the_openers_to_close() -> None:
    read = function("read", "session", do("session.execute(1)"))
    assert ("normal", "begun") in left_open(read, function("f", "", bind("s", "SessionLocal()"), do("read(s)")))


def test_a_function_that_closes_what_it_is_given_closes_it() -> None:
    end = function("end", "session", do("session.close()"))
    body = (bind("s", "SessionLocal()"), attempt(do("s.add(1)"), final=(do("end(s)"),)))
    assert left_open(end, function("f", "", *body)) == set()


def test_a_close_under_a_test_for_the_session_itself_closes_on_every_path() -> None:
    body = attempt(bind("s", "SessionLocal()"), do("s.execute(1)"), final=(when("s is not None", do("s.close()")),))
    assert left_open(function("f", "", bind("s", "None"), body)) == set()


def test_what_fails_while_things_are_cleaned_up_does_not_count() -> None:
    body = attempt(do("s.execute(1)"), final=(do("log()"), do("s.close()")))
    assert left_open(function("f", "", bind("s", "SessionLocal()"), body)) == set()


def test_a_close_that_may_fail_closes() -> None:
    body = attempt(do("s.execute(1)"), final=(attempt(do("s.close()"), caught=(do("log()"),)),))
    assert left_open(function("f", "", bind("s", "SessionLocal()"), body)) == set()


def lent_open(*body: f.Stmt) -> set[tuple[str, str, str]]:
    of = project(DB, module("m", FROM_DB, function("f", "", bind("s", "SessionLocal()"), *body)))
    return {(opened.exit, opened.state, opened.how) for opened in summary(of, "m.f").opened}


def test_an_exception_may_arrive_where_a_session_is_handed_out() -> None:
    assert lent_open(do("(yield s)"), do("s.close()")) == {("exception", "begun", "lent")}
    assert lent_open(attempt(do("(yield s)"), final=(do("s.close()"),))) == set()


def test_a_session_that_is_committed_after_it_was_handed_out_holds_no_connection() -> None:
    found = lent_open(do("(yield s)"), do("s.commit()"))
    assert ("normal", "idle", "lent") in found
    assert ("exception", "begun", "lent") in found


def test_what_is_committed_after_it_was_handed_out_is_in_a_block() -> None:
    inner = function("inner", "", within("SessionLocal() as s", do("(yield s)"), do("s.commit()")))
    outer = function("outer", "", within("inner() as s", do("(yield s)")))
    of = project(DB, module("m", FROM_DB, inner, outer))
    for name in ("m.inner", "m.outer"):
        assert [frame.kind for frame in summary(of, name).yield_frames] == ["commit"]


def test_an_exception_that_a_yield_receives_is_swallowed_unless_it_is_raised_again() -> None:
    def kept(*handler: f.Stmt) -> list[str]:
        body = within("SessionLocal() as s", attempt(do("(yield s)"), caught=handler))
        return [one.text for one in summary(project(DB, module("m", FROM_DB, function("f", "", body))), "m.f").swallows]

    assert kept(do("s.rollback()")) == ["except Exception"]
    assert kept(do("s.rollback()"), fail("ValueError()")) == []


def test_a_session_that_next_takes_out_of_a_generator_is_in_the_hands_of_its_taker() -> None:
    give_out = function("give_out", "", within("SessionLocal() as s", do("(yield s)")))
    use = function("use", "", bind("s", "next(give_out())"), do("s.execute(1)"))
    close = function("close", "", within("next(give_out()) as s", do("s.execute(1)")))
    of = project(DB, module("m", FROM_DB, give_out, use, close))
    assert {opened.how for opened in summary(of, "m.use").opened} == {"next"}
    assert summary(of, "m.close").opened == ()


def test_a_block_of_a_given_session_closes_it() -> None:
    of = project(module("m", FROM_SQLALCHEMY, function("use", "s: Session", within("s", do("s.execute(1)")))))
    assert (Verb.CLOSE, param(0)) in effects(of, "m.use")


def test_what_follows_the_close_of_a_callee_follows_it() -> None:
    end = function("end", "s: Session", do("s.execute(1)"), do("s.close()"))
    go_on = function("go_on", "s: Session", do("end(s)"), do("s.execute(2)"))
    of = project(module("m", FROM_SQLALCHEMY, end, go_on))
    assert [(first.what, then.verb) for first, then in summary(of, "m.go_on").sequels] == [("closed", Verb.USE)]


def test_who_gets_a_registry_of_a_provider_is_known_too() -> None:
    made = bind("Current", "scoped_session(SessionLocal)")
    imports = (FROM_DB, imported("sqlalchemy.orm", "scoped_session"), imported("fastapi", "Depends"))
    db = function("get_db", "", do("(yield Current())"))
    of = project(DB, module("m", *imports, made, db, function("show", "s=Depends(get_db)", do("s.execute(1)"))))
    assert [one.unit.symbol for one in of.dependents.of(unit(of, "m.get_db"))] == ["m.show"]
    assert effects(of, "m.show") == {(Verb.USE, Path("global", "m.Current"))}


UOW = klass(
    "Uow",
    "",
    function("__init__", "self, make=SessionLocal", bind("self.make", "make")),
    function("__enter__", "self", bind("self.session", "self.make()"), give("self")),
)
"""A unit of work: entering it opens a session. What makes the session is known by a default only."""


def test_a_unit_of_work_that_everybody_shares_is_known() -> None:
    hold = klass("Bus", "", function("__init__", "self, uow", bind("self.uow", "uow")))
    of = project(DB, module("m", FROM_DB, UOW, hold, bind("bus", "Bus(Uow())"), bind("made", "Uow")))
    found = of.summary(of.names.units_in("m")[0]).shared
    assert [(one.target, one.klass, one.holder) for one in found] == [("m.bus", "m.Uow", "module")]


def test_who_gets_what_a_provider_gives_is_known() -> None:
    db = function("get_db", "", within("SessionLocal() as s", do("(yield s)")))
    show = function("show", "s=Depends(get_db, scope='function')", do("s.execute(1)"))
    of = project(DB, module("m", FROM_DB, imported("fastapi", "Depends"), db, show))
    (dependent,) = of.dependents.of(unit(of, "m.get_db"))
    assert (dependent.unit.symbol, dependent.marker, dependent.scope) == ("m.show", "fastapi.Depends", "function")


def test_an_exception_counts_by_the_worst_moment_it_may_come_at() -> None:
    """The first call may fail before the session has a connection, the second holds one."""
    read = function("f", "", bind("s", "SessionLocal()"), bind("x", "prepare()"), do("s.execute(x)"), do("s.close()"))
    assert left_open(read) == {("exception", "begun")}


# -- blocks --


def breaches(of: Project, symbol: str) -> list[tuple[Verb, str]]:
    return [(breach.verb, breach.via) for breach in summary(of, symbol).breaches]


def test_a_commit_inside_a_begin_block_is_a_breach() -> None:
    of = project(DB, module("m", FROM_DB, function("f", "", within("SessionLocal.begin() as s", do("s.commit()")))))
    assert breaches(of, "m.f") == [(Verb.COMMIT, "")]


def test_a_commit_in_a_callee_is_a_breach_of_the_callers_block() -> None:
    block = within("SessionLocal() as s, s.begin()", do("add(s, 1)"))
    of = project(DB, *borrowers(), module("m", FROM_DB, imported("app.repo", "add"), function("f", "", block)))
    assert breaches(of, "m.f") == [(Verb.COMMIT, unit(of, "app.repo.add").key)]


def test_a_commit_two_calls_down_is_a_breach() -> None:
    block = within("SessionLocal() as s", within("s.begin()", do("sign_up(s)")))
    of = project(DB, *borrowers(), module("m", FROM_DB, imported("app.service", "sign_up"), function("f", "", block)))
    assert breaches(of, "m.f") == [(Verb.COMMIT, unit(of, "app.service.sign_up").key)]


def test_a_commit_of_another_session_is_no_breach() -> None:
    block = within("SessionLocal.begin() as s, SessionLocal() as other", do("other.commit()"))
    assert breaches(project(DB, module("m", FROM_DB, function("f", "", block))), "m.f") == []


def test_a_commit_after_the_block_is_no_breach() -> None:
    body = (within("session.begin_nested()", do("session.add(1)")), do("session.commit()"))
    of = project(module("m", FROM_SQLALCHEMY, function("f", "session: Session", *body)))
    assert breaches(of, "m.f") == []


def test_ending_a_savepoint_is_no_breach_of_the_block_around_it() -> None:
    inner = (bind("point", "s.begin_nested()"), do("point.commit()"))
    of = project(DB, module("m", FROM_DB, function("f", "", within("SessionLocal.begin() as s", *inner))))
    assert breaches(of, "m.f") == []


def test_a_flag_that_says_no_is_no_breach() -> None:
    block = within("SessionLocal.begin() as s", do("save(s, commit=False)"))
    of = project(DB, module("m", FROM_DB, FROM_SQLALCHEMY, SAVE, function("f", "", block)))
    assert breaches(of, "m.f") == []


SCOPE = function(
    "scope",
    "",
    within("SessionLocal.begin() as session", do("(yield session)")),
    decorators=("contextmanager",),
)


def test_a_context_managers_block_is_around_the_body_that_uses_it() -> None:
    user = function("f", "", within("scope() as s", do("s.commit()")))
    of = project(DB, module("m", FROM_DB, imported("contextlib", "contextmanager"), SCOPE, user))
    assert breaches(of, "m.f") == [(Verb.COMMIT, "")]


def test_a_context_managers_block_reaches_into_callees_of_the_body() -> None:
    user = function("f", "", within("scope() as s", do("add(s, 1)")))
    given = (FROM_DB, imported("contextlib", "contextmanager"), imported("app.repo", "add"))
    of = project(DB, *borrowers(), module("m", *given, SCOPE, user))
    assert breaches(of, "m.f") == [(Verb.COMMIT, unit(of, "app.repo.add").key)]


def test_a_block_ends_with_its_body() -> None:
    body = (within("scope() as s", do("s.add(1)")), within("SessionLocal() as t", do("t.commit()")))
    of = project(DB, module("m", FROM_DB, imported("contextlib", "contextmanager"), SCOPE, function("f", "", *body)))
    assert breaches(of, "m.f") == []


# -- tasks --


ASYNC_LOAD = function("load", "session: AsyncSession", do("await session.execute(1)"), is_async=True)
ASYNC_IMPORTS = (imported("asyncio"), imported("sqlalchemy.ext.asyncio", "AsyncSession"))


def overlaps(*body: Function) -> list[tuple[Path, str]]:
    of = project(module("m", *ASYNC_IMPORTS, ASYNC_LOAD, *body))
    return [(overlap.path, overlap.kind) for overlap in summary(of, "m.f").overlaps]


def test_two_branches_of_a_gather_share_their_session() -> None:
    gather = do("await asyncio.gather(load(s), load(s))")
    assert overlaps(function("f", "s: AsyncSession", gather, is_async=True)) == [(param(0), ASYNC_SESSION)]


def test_two_sessions_in_a_gather_are_not_shared() -> None:
    gather = do("await asyncio.gather(load(s), load(t))")
    assert overlaps(function("f", "s: AsyncSession, t: AsyncSession", gather, is_async=True)) == []


def test_calls_awaited_in_turn_do_not_overlap() -> None:
    body = each("one", "(1, 2)", do("await load(s)"))
    assert overlaps(function("f", "s: AsyncSession", body, is_async=True)) == []


def test_tasks_started_in_a_loop_share_their_session() -> None:
    body = (bind("tasks", "[]"), each("one", "(1, 2)", do("tasks.append(load(s))")), do("await asyncio.gather(*tasks)"))
    assert overlaps(function("f", "s: AsyncSession", *body, is_async=True)) == [(param(0), ASYNC_SESSION)]


def test_a_helper_that_gathers_what_it_is_handed_runs_it_together() -> None:
    both = function("both", "*branches", give("await asyncio.gather(*branches)"), is_async=True)
    gather = do("await both(load(s), load(s))")
    assert overlaps(both, function("f", "s: AsyncSession", gather, is_async=True)) == [(param(0), ASYNC_SESSION)]


def test_a_task_that_a_callee_leaves_running_meets_what_its_caller_does() -> None:
    leave = function("leave", "s: AsyncSession", do("asyncio.create_task(load(s))"), is_async=True)
    body = (do("await leave(t)"), do("await load(t)"))
    assert overlaps(leave, function("f", "t: AsyncSession", *body, is_async=True)) == [(param(0), ASYNC_SESSION)]


def test_a_task_that_may_be_running_already_meets_nothing() -> None:
    start = when("not running", do("asyncio.create_task(load(s))"))
    leave = function("leave", "s: AsyncSession, running", start, is_async=True)
    body = (do("await leave(t, 0)"), do("await load(t)"))
    assert overlaps(leave, function("f", "t: AsyncSession", *body, is_async=True)) == []


# -- threads --

POOL = imported("concurrent.futures", "ThreadPoolExecutor")
COUNT = function("count", "session: Session, n", do("session.execute(n)"))


def threads(*body: f.Stmt) -> list[Path]:
    within_pool = within("ThreadPoolExecutor() as pool", *body)
    of = project(module("m", FROM_SQLALCHEMY, POOL, COUNT, function("f", "session: Session", within_pool)))
    return [overlap.path for overlap in summary(of, "m.f").overlaps if overlap.race.threads]


def test_two_threads_share_their_session() -> None:
    assert threads(do("pool.submit(count, session, 1)"), do("pool.submit(count, session, 2)")) == [param(0)]


def test_a_thread_and_the_function_that_started_it_share_their_session() -> None:
    assert threads(do("pool.submit(count, session, 1)"), do("session.flush()")) == [param(0)]


def test_a_thread_that_is_waited_for_shares_nothing() -> None:
    waited = do("pool.submit(count, session, 1).result()")
    assert threads(waited, waited, do("session.flush()")) == []


@pytest.mark.parametrize(
    ("call", "below", "used"),
    [
        ("listener.work_told()", "Listener", [Verb.MAY_USE]),
        ("call(listener, 'work_told')", "Listener", [Verb.MAY_USE]),
        ("call(listener, 'work_begun')", "Listener", []),
        ("listener.work_told()", "", []),
        ("listener.told()", "Listener", []),
        ("call(listener, name)", "Listener", []),
    ],
)
def test_a_method_of_one_family_tells_what_a_member_of_a_container_may_be(
    call: str, below: str, used: list[Verb]
) -> None:
    listener = klass("Listener", "", *(function(name, "self") for name in ("work_told", "work_begun", "told")))
    recording = klass(
        *("Recording", below, function("__init__", "self, session: Session", bind("self.session", "session"))),
        function("work_told", "self", do("self.session.commit()")),
        function("told", "self", do("self.session.commit()")),
    )
    calling = function("call", "one, method", do("getattr(one, method)()"))
    tell = function("tell", "listeners, name", each("listener", "listeners", do(call)))
    of = project(module("m", FROM_SQLALCHEMY, listener, recording, calling, tell))
    found = summary(of, "m.tell").effects
    assert [key.verb for key in found] == used
    assert all(key.path == param(0, "*", "@session") for key in found)
    assert all(rank.sure is Confidence.POSSIBLE for rank in found.values())


def test_work_that_starts_itself_again_does_not_run_beside_itself() -> None:
    def told(*body: f.Stmt) -> set[bool]:
        init = function("__init__", "self, session: Session", bind("self.session", "session"))
        tell = function("tell", "self", *body)
        timer = imported("threading", "Timer")
        of = project(module("m", FROM_SQLALCHEMY, timer, klass("Progress", "", init, tell)))
        return {overlap.race.threads for overlap in summary(of, "m.Progress.tell").overlaps}

    again = (bind("self.timer", "Timer(1, self.tell)"), do("self.timer.start()"))
    assert told(do("self.session.commit()"), *again) == set()
    assert told(*again, do("self.session.commit()")) == {True}


# -- work that outlives its session --


def outlived(*body: f.Stmt) -> list[tuple[str, bool]]:
    work = function("f", "", *body, is_async=True)
    maker = imported("sqlalchemy.ext.asyncio", "async_sessionmaker")
    of = project(module("m", *ASYNC_IMPORTS, maker, bind("Maker", "async_sessionmaker()"), ASYNC_LOAD, work))
    return [(one.spawn.how, one.spawn.block) for one in summary(of, "m.f").outlived]


def test_a_task_outlives_the_block_of_its_session() -> None:
    assert outlived(within("Maker() as s", do("asyncio.create_task(load(s))"), is_async=True)) == [("task", True)]


def test_a_task_that_is_awaited_in_the_block_does_not_outlive_it() -> None:
    body = (bind("task", "asyncio.create_task(load(s))"), do("await task"))
    assert outlived(within("Maker() as s", *body, is_async=True)) == []


# -- what is shared by a framework --

REQUEST = imported("starlette.requests", "Request")


def test_what_is_stored_on_a_request_is_known_where_it_is_read() -> None:
    stores = function("put", "request: Request", bind("request.state.db", "SessionLocal()"))
    reads = function("f", "request: Request", do("request.state.db.commit()"))
    of = project(DB, module("a", FROM_DB, REQUEST, stores), module("b", REQUEST, reads))
    assert [(path.root, sure) for path, sure in commits(of, "b.f")] == [("injected", Confidence.LIKELY)]


def test_what_is_stored_on_an_application_is_one_for_all() -> None:
    stores = function("put", "request: Request", bind("request.app.state.db", "SessionLocal()"))
    of = project(DB, module("a", FROM_DB, REQUEST, stores))
    assert [stored.holder for stored in summary(of, "a.put").stored] == ["application"]


def test_a_context_variable_holds_a_session_for_those_who_read_it() -> None:
    current = bind("current", "ContextVar('current')", "ContextVar[Session]")
    reads = function("f", "", do("current.get().commit()"))
    of = project(module("m", FROM_SQLALCHEMY, imported("contextvars", "ContextVar"), current, reads))
    assert [path for path, _ in commits(of, "m.f")] == [Path("global", "m.current")]


# -- what only the caller knows --


def test_a_function_that_was_made_keeps_what_it_was_made_with() -> None:
    wrapper = function("wrapper", "*args", do("work(*args)"))
    wrap = function("wrap", "work", wrapper, give("wrapper"))
    end = function("end", "session: Session", do("session.commit()"))
    caller = function("f", "db: Session", do("wrap(end)(db)"))
    of = project(module("m", FROM_SQLALCHEMY, wrap, end, caller))
    assert [path for path, _ in commits(of, "m.f")] == [param(0)]


def test_a_factory_given_to_a_constructor_is_called_by_its_methods() -> None:
    opens = function(
        "opened",
        "",
        within("SessionLocal.begin() as s", f.Do(f.Yield(f.Name("s"), False, -1))),
        decorators=("contextmanager",),
    )
    init = function("__init__", "self, factory", bind("self._factory", "factory"))
    call = function("__call__", "self", give("self._factory()"))
    factory = klass("Database", "", init, call)
    made = bind("database", "Database(opened)")
    body = within("database() as s", do("s.commit()"), do("s.flush()"))
    imports = (FROM_DB, imported("contextlib", "contextmanager"))
    of = project(DB, module("m", *imports, opens, factory, made, function("f", "", body)))
    assert [(one.verb, one.last) for one in summary(of, "m.f").breaches] == [(Verb.COMMIT, False)]


def _stores(count: int) -> Project:
    """A service that is given a store by its constructor, of one of so many classes."""
    opened = function("opened", "self", give("SessionLocal()"))
    stores = [klass(f"Store{number}", "", opened) for number in range(count)]
    init = function("__init__", "self, store", bind("self.store", "store"))
    service = klass("Service", "", init, function("run", "self", give("self.store.opened()")))
    made = [function(f"f{number}", "", do(f"Service(Store{number}())")) for number in range(count)]
    return project(DB, module("m", FROM_DB, *stores, service, *made))


def test_an_object_given_to_a_constructor_is_what_its_methods_use() -> None:
    found = summary(_stores(1), "m.Service.run").returns
    assert [value.type.name for value in found] == ["sqlalchemy.orm.Session"]


def test_objects_of_many_classes_given_to_a_constructor_say_nothing() -> None:
    assert summary(_stores(5), "m.Service.run").returns == ()


def test_plain_data_that_is_passed_on_is_no_session_that_goes_anywhere() -> None:
    body = do("unknown(key, thing)")
    assert summary(project(DB, module("m", function("f", "key: int, thing", body))), "m.f").lets_go == (
        Path("param", 1),
    )


def _given_to_a_job(*bodies: f.Stmt) -> list[str]:
    """Whose `save` a job runs that is given what a plan keeps, which does this in its methods."""
    nowhere = klass("Nowhere", "", function("save", "self"))
    store = (
        function("__init__", "self, session: Session", bind("self.session", "session")),
        function("save", "self", do("self.session.commit()")),
    )
    job = (
        function("__init__", "self, store", bind("self.store", "store")),
        function("run", "self", do("self.store.save()")),
    )
    keeps = [function(f"keep{at}", "self, store=Nowhere(), other=None", body) for at, body in enumerate(bodies)]
    plan = klass("Plan", "", *keeps, function("job", "self", give("Job(self.store)")))
    parts = (FROM_SQLALCHEMY, nowhere, klass("Store", "Nowhere", *store), klass("Job", "", *job), plan)
    return called(project(module("m", *parts)), "m.Job.run")


def test_what_is_given_to_a_constructor_may_be_of_a_class_below() -> None:
    assert _given_to_a_job(bind("self.store", "store")) == ["m.Store.save"]


def test_what_somebody_else_puts_there_says_nothing_of_what_a_constructor_is_given() -> None:
    assert _given_to_a_job(bind("self.store", "store"), bind("self.store", "other")) == ["m.Store.save"]


def test_a_mixin_reads_what_the_class_it_is_mixed_into_stores() -> None:
    init = function("__init__", "self, session: Session", bind("self.session", "session"))
    saves = klass("Saves", "", function("save", "self", do("self.session.commit()")))
    of = project(module("m", FROM_SQLALCHEMY, saves, klass("Holds", "", init), klass("Both", "Saves, Holds")))
    assert [sure for _, sure in commits(of, "m.Saves.save")] == [Confidence.LIKELY]


def test_a_mixin_of_mapped_classes_queries_the_class_it_is_mixed_into() -> None:
    first = function("first_of", "cls", give("cls.query.first()"), decorators=("classmethod",))
    save = function("save", "self, session: Session", do("session.commit()"))
    base = bind("Base", "declarative_base()")
    user = klass("User", "Base, Finds", bind("__tablename__", "'user'"))
    f_ = function("f", "session: Session", bind("user", "User.first_of()"), do("user.save(session)"))
    given = (FROM_SQLALCHEMY, imported("sqlalchemy.orm", "declarative_base"))
    of = project(module("m", *given, base, klass("Finds", "", first, save), user, f_))
    assert [path for path, _ in commits(of, "m.f")] == [param(0)]


def test_a_method_called_on_its_class_takes_its_object_first() -> None:
    base = klass("Base", "", function("end", "self, session: Session", do("session.commit()")))
    sub = klass("Sub", "Base", function("f", "self, db: Session", do("Base.end(self, db)")))
    of = project(module("m", FROM_SQLALCHEMY, base, sub))
    assert [path for path, _ in commits(of, "m.Sub.f")] == [param(1)]


def test_a_function_that_never_returns_ends_the_path() -> None:
    refuse = function("refuse", "", f.Leave("raise", None, -1))
    body = (within("s.begin()", do("s.rollback()"), do("refuse()")),)
    of = project(module("m", FROM_SQLALCHEMY, refuse, function("g", "s: Session", *body)))
    assert summary(of, "m.refuse").never
    assert [(one.verb, one.raises) for one in summary(of, "m.g").breaches] == [(Verb.ROLLBACK, True)]


# -- all columns of an entity --


USER = module(
    "app.models",
    imported("sqlalchemy.orm", "DeclarativeBase"),
    klass("Base", "DeclarativeBase"),
    klass("User", "Base", bind("__tablename__", "'users'"), function("own", "self", give("vars(self)"))),
)


@pytest.mark.parametrize(
    ("made", "how"),
    [
        ("vars(user)", "`vars()`"),
        ("user.__dict__.copy()", "`__dict__`"),
        ("{k: v for k, v in vars(user).items() if not k.startswith('_')}", "`vars()`"),
        ("{c.name: getattr(user, c.name) for c in user.__table__.columns}", "a loop over all columns"),
        ("dict((c, getattr(user, c)) for c in User.__table__.columns.keys())", "a loop over all columns"),
        ("{c.name: getattr(user, c.name) for c in user.__table__.columns if c.name in ('id',)}", ""),
        ("{name: getattr(user, name) for name in ('id', 'email')}", ""),
        ("[c.name for c in user.__table__.columns]", ""),
        ("user.own()", ""),
    ],
)
def test_all_columns_of_an_entity_are_told_from_some(made: str, how: str) -> None:
    main = module("app.main", imported("app.models", "User"), function("f", "user: User", give(made)))
    kinds = [value.type for value in summary(project(USER, main), "app.main.f").returns]
    assert [str(kind.name) for kind in kinds if kind.kind == "columns"] == ([how] if how else [])


def test_a_dict_display_keeps_what_follows_something_unpacked() -> None:
    body = (bind("made", "{**known, 'db': SessionLocal()}"), do("made['db'].commit()"))
    of = project(DB, module("m", FROM_DB, function("f", "known", *body)))
    assert [event.verb for event in summary(of, "m.f").events] == [Verb.COMMIT]


def test_a_query_of_a_class_is_seen_where_it_is_run() -> None:
    body = (bind("asked", "User.query.filter_by(id=1)"), do("asked.first()"))
    of = project(USER, module("m", imported("app.models", "User"), function("f", "", *body)))
    assert [(one.verb, one.text) for one in summary(of, "m.f").events] == [(Verb.LOAD, "asked.first()")]
    assert not effects(of, "m.f")


# -- recursion --


def test_what_always_raises_an_http_error_does_so_for_its_callers() -> None:
    of = project(
        module(
            "app.errors",
            imported("fastapi", "HTTPException"),
            klass("Gone", "HTTPException"),
            function("refuse", "", fail("Gone()")),
            function("maybe", "late", when("late", fail("Gone()"))),
        ),
        module(
            "app.work",
            imported("app.errors", "refuse"),
            imported("app.errors", "maybe"),
            imported("fastapi", "Request"),
            function("run", "request: Request", do("maybe(True)"), do("refuse()")),
        ),
    )
    assert [(one.how, one.name) for one in summary(of, "app.errors.refuse").web] == [("raises", "app.errors.Gone")]
    assert [(one.how, one.name) for one in summary(of, "app.work.run").web] == [
        ("takes", "starlette.requests.Request"),
        ("calls", "app.errors.Gone"),
    ]


def test_a_function_that_calls_itself_has_its_own_effect() -> None:
    body = (when("n", do("f(session, n)")), do("session.commit()"))
    of = project(module("m", FROM_SQLALCHEMY, function("f", "session: Session, n", *body)))
    assert commits(of, "m.f") == [(param(0), Confidence.CERTAIN)]
    assert of.summaries.capped == set()


def test_a_cycle_is_read_again_only_where_something_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    whole = Reading.read

    def counted(reading: Reading) -> Summary:
        seen.append(reading.unit.symbol)
        return whole(reading)

    monkeypatch.setattr(Reading, "read", counted)
    again = function("again", "session: Session, n", do("again(session, n)"), do("session.commit()"))
    quiet = function("quiet", "n", do("loud(n)"))
    loud = function("loud", "n", do("quiet(n)"))
    project(module("m", FROM_SQLALCHEMY, again, quiet, loud))
    assert [seen.count(symbol) for symbol in ("m.again", "m.quiet", "m.loud")] == [2, 1, 1]


def test_functions_that_call_each_other_have_each_others_effects() -> None:
    even = function("even", "session: Session, n", do("odd(session, n)"), do("session.commit()"))
    odd = function("odd", "session: Session, n", do("even(session, n)"), do("session.flush()"))
    of = project(module("m", FROM_SQLALCHEMY, even, odd))
    both = {(Verb.COMMIT, param(0)), (Verb.FLUSH, param(0))}
    assert effects(of, "m.even") == both
    assert effects(of, "m.odd") == both
    assert of.summaries.capped == set()


def test_a_cycle_across_modules_is_the_same_from_both_ends() -> None:
    one = module("a", FROM_SQLALCHEMY, imported("b", "g"), function("f", "s: Session", do("g(s)"), do("s.commit()")))
    two = module("b", FROM_SQLALCHEMY, imported("a", "f"), function("g", "s: Session", do("f(s)"), do("s.rollback()")))
    both = {(Verb.COMMIT, param(0)), (Verb.ROLLBACK, param(0))}
    for of in (project(one, two), project(two, one)):
        assert effects(of, "a.f") == both
        assert effects(of, "b.g") == both


def test_recursion_through_growing_attributes_ends() -> None:
    body = (do("f(node.parent, session)"), do("node.session.commit()"))
    of = project(module("m", FROM_SQLALCHEMY, function("f", "node, session: Session", *body)))
    assert of.summaries.capped == set()


# -- what is kept --


def test_an_answer_is_forgotten_with_the_summary_it_rests_on() -> None:
    of = project(module("m", FROM_SQLALCHEMY, function("f", "s: Session", do("s.commit()"))))
    unit = of.names.by_symbol["m.f"]
    worked: list[str] = []

    def work(word: str) -> str:
        worked.append(word)
        of.summary(unit)
        return word.upper()

    memo = Memo[str, str](of.asking)
    assert [memo.get("a", work), memo.get("a", work)] == ["A", "A"]
    of.summaries.drop("m:0")
    memo.get("a", work)
    assert worked == ["a"]
    of.summaries.drop(unit.key)
    memo.get("a", work)
    assert worked == ["a", "a"]


def test_who_asks_for_what_is_kept_rests_on_the_same() -> None:
    of = project(module("m", FROM_SQLALCHEMY, function("f", "s: Session", do("s.commit()"))))
    unit = of.names.by_symbol["m.f"]
    memo = Memo[str, object](of.asking)
    memo.get("a", lambda _: of.summary(unit))
    with of.asking.apart() as rests:
        memo.get("a", lambda _: None)
    assert list(flat(rests)) == [unit.key]


def test_answers_that_rest_on_one_question_are_noted_as_that_question() -> None:
    functions = (function(name, "s: Session", do("s.commit()")) for name in "fg")
    of = project(module("m", FROM_SQLALCHEMY, *functions))
    one, other = of.names.by_symbol["m.f"], of.names.by_symbol["m.g"]
    memo = Memo[str, object](of.asking)
    asked = {"a": [one], "b": [one], "both": [one, other]}
    for _ in range(2):
        with of.asking.apart() as rests:
            for name in asked:
                memo.get(name, lambda word: [of.summary(unit) for unit in asked[word]])
        assert len(rests) == 2
        assert list(flat(rests)) == [one.key, other.key]


# -- decorators --


def injecting(*around: str) -> Function:
    """A decorator whose wrapper opens a session and calls the function with it."""
    opens = within("SessionLocal() as session", give("func(*args, session=session, **kwargs)"))
    wrapper = function("wrapper", "*args, **kwargs", opens, decorators=around)
    return function("provide_session", "func", wrapper, give("wrapper"))


def test_a_decorator_that_opens_a_session_injects_it() -> None:
    used = function("f", "row, session: Session = None", do("session.commit()"), decorators=("provide_session",))
    caller = function("caller", "", do("f(1)"))
    of = project(DB, module("m", FROM_SQLALCHEMY, FROM_DB, injecting(), used, caller))
    assert of.injected(unit(of, "m.f")).keys() == {1}
    assert commits(of, "m.caller") == []


def test_a_session_given_to_a_decorated_function_is_the_callers() -> None:
    used = function("f", "row, session: Session = None", do("session.commit()"), decorators=("provide_session",))
    caller = function("caller", "db: Session", do("f(1, session=db)"))
    of = project(DB, module("m", FROM_SQLALCHEMY, FROM_DB, injecting(), used, caller))
    assert [path for path, _ in commits(of, "m.caller")] == [param(0)]


def test_a_decorator_injects_what_it_names_whatever_other_callers_have_passed() -> None:
    given = when("'session' in kwargs", give("func(*args, **kwargs)"))
    opens = within("SessionLocal() as session", give("func(*args, session=session, **kwargs)"))
    provide = function("provide", "func", function("wrapper", "*args, **kwargs", given, opens), give("wrapper"))
    used = function("f", "row, session: Session = None", do("session.commit()"), decorators=("provide",))
    passing = function("passing", "db: Session", do("f(1, session=db)"))
    of = project(DB, module("m", FROM_SQLALCHEMY, FROM_DB, provide, used, passing))
    assert of.injected(unit(of, "m.f")).keys() == {1}


def adding() -> Function:
    """A decorator whose wrapper puts settings before the arguments of its caller."""
    wrapper = function("wrapper", "*args, **kwargs", give("func(settings(), *args, **kwargs)"))
    return function("with_settings", "func", wrapper, give("wrapper"))


SWEEP = ("settings, session, now", do("session.commit()"))


def test_what_a_decorator_puts_first_moves_the_arguments_of_callers_up() -> None:
    used = function("f", SWEEP[0], SWEEP[1], decorators=("with_settings",))
    caller = function("caller", "db: Session, now", do("f(db, now)"))
    of = project(module("m", FROM_SQLALCHEMY, adding(), used, caller))
    assert [path for path, _ in commits(of, "m.caller")] == [param(0)]


def test_a_decorator_that_replaces_an_argument_moves_none() -> None:
    wrapper = function("wrapper", "db, *args", give("func(checked(db), *args)"))
    used = function("f", "session: Session, now", do("session.commit()"), decorators=("checks",))
    caller = function("caller", "db: Session, now", do("f(db, now)"))
    of = project(module("m", FROM_SQLALCHEMY, function("checks", "func", wrapper, give("wrapper")), used, caller))
    assert [path for path, _ in commits(of, "m.caller")] == [param(0)]


@pytest.mark.parametrize("through", ["Adds", "adds"])
@pytest.mark.parametrize("call", ["self.func(settings(), *args)", "cast(Callable, self.func)(settings(), *args)"])
def test_an_object_that_stands_for_a_function_moves_them_too(through: str, call: str) -> None:
    init = function("__init__", "self, func", bind("self.func", "func"))
    adds = klass("Adds", "", init, function("__call__", "self, *args", give(call)))
    used = function("f", SWEEP[0], SWEEP[1], decorators=(through,))
    caller = function("caller", "db: Session, now", do("f(db, now)"))
    typing = (imported("typing", "Callable"), imported("typing", "cast"))
    maker = function("adds", "func", give("Adds(func)"))
    of = project(module("m", FROM_SQLALCHEMY, *typing, adds, maker, used, caller))
    assert [path for path, _ in commits(of, "m.caller")] == [param(0)]


def test_a_function_that_calls_what_it_is_given_has_its_effects() -> None:
    run = function("run", "work, session", do("work(session)"))
    end = function("end", "session: Session", do("session.commit()"))
    of = project(module("m", FROM_SQLALCHEMY, run, end, function("f", "db: Session", do("run(end, db)"))))
    assert [path for path, _ in commits(of, "m.f")] == [param(0)]


# -- when commits happen --


def moments(*body: f.Stmt, params: str = "session: Session, rows") -> list[Commit]:
    """What is to be said about the moments of the commits in a function with this body."""
    return list(
        summary(project(DB, module("m", FROM_DB, FROM_SQLALCHEMY, function("f", params, *body))), "m.f").commits
    )


@pytest.mark.parametrize(("kinds", "over"), [("('a', 'b')", []), ("[]", ["KINDS"]), ("read()", ["KINDS"])])
def test_what_a_module_spells_out_is_no_list_of_rows(kinds: str, over: list[str]) -> None:
    loop = each("kind", "KINDS", do("session.add(kind)"), do("session.commit()"))
    found = module("m", FROM_SQLALCHEMY, bind("KINDS", kinds), function("f", "session: Session", loop))
    assert [commit.over for commit in summary(project(found), "m.f").commits] == over


COMMIT, WRITE, ROLLBACK = do("session.commit()"), do("session.add(rows)"), do("session.rollback()")


def test_a_commit_in_a_loop_is_done_for_each_row() -> None:
    assert [one.over for one in moments(each("row", "rows", COMMIT))] == ["rows"]


def test_a_commit_of_a_callee_in_a_loop_is_done_for_each_row() -> None:
    of = project(
        *borrowers(),
        module("m", imported("app.repo", "add"), function("f", "db, rows", each("row", "rows", do("add(db, row)")))),
    )
    assert [(one.over, one.via) for one in summary(of, "m.f").commits] == [("rows", unit(of, "app.repo.add").key)]


@pytest.mark.parametrize(
    ("rows", "streams"),
    [
        ("session.scalars(select(Row).execution_options(yield_per=9))", True),
        ("session.scalars(select(Row), execution_options={'yield_per': 9})", True),
        ("session.scalars(select(Row).execution_options(stream_results=True)).partitions(9)", True),
        ("session.scalars(select(Row).execution_options(stream_results=True))", False),
        ("session.scalars(select(Row).execution_options(yield_per=9)).all()", False),
        ("session.scalars(select(Row)).partitions(9)", False),
    ],
)
def test_a_commit_in_a_loop_over_a_cursor_is_told_when_rows_are_still_to_come(rows: str, streams: bool) -> None:
    used = function("f", "session: Session", each("row", rows, COMMIT))
    of = project(DB, module("m", FROM_SQLALCHEMY, imported("sqlalchemy", "select"), klass("Row"), used))
    assert any(one.streams for one in summary(of, "m.f").commits) is streams


def test_a_loop_that_is_left_after_the_commit_does_it_once() -> None:
    assert moments(each("row", "rows", when("row", COMMIT, give("row")))) == []
    assert moments(each("row", "rows", COMMIT, f.Leave("break", None, -1))) == []


def test_a_turn_that_goes_on_after_the_commit_is_followed_by_another() -> None:
    assert moments(each("row", "rows", when("row", COMMIT, f.Leave("continue", None, -1)), give("row")))


@pytest.mark.parametrize("test", ["row % 100", "len(rows) > 100"])
def test_a_commit_behind_a_test_that_counts_is_one_for_a_batch(test: str) -> None:
    assert [one.over for one in moments(each("row", "rows", when(test, COMMIT)))] == []


@pytest.mark.parametrize("of", ["range(3)", "(1, 2)", "batched(rows, 9)"])
def test_a_loop_that_counts_or_takes_batches_is_not_about_rows(of: str) -> None:
    batches = imported("itertools", "batched")
    body = each("row", of, COMMIT)
    found = summary(
        project(module("m", FROM_SQLALCHEMY, batches, function("f", "session: Session, rows", body))), "m.f"
    )
    assert found.commits == ()


def test_a_loop_whose_members_are_gone_through_is_about_batches() -> None:
    assert moments(each("some", "rows", each("row", "some", WRITE), COMMIT)) == []


def test_a_session_opened_in_the_loop_is_committed_once() -> None:
    assert moments(each("row", "rows", within("SessionLocal() as own", do("own.commit()")))) == []


def test_a_row_that_is_rolled_back_alone_is_a_transaction_of_its_own() -> None:
    assert moments(each("row", "rows", attempt(WRITE, COMMIT, caught=(ROLLBACK,)))) == []
    assert moments(each("row", "rows", attempt(WRITE, COMMIT, caught=(do("log()"),))))


def test_a_commit_comes_after_another_on_one_path() -> None:
    first, second = do("session.commit()"), do("session.commit()")
    assert isinstance(first.expr, f.Call)
    assert [one.after for one in moments(first, WRITE, second)] == [(first.expr.at,)]


def test_commits_that_exclude_each_other_are_not_one_after_the_other() -> None:
    one, other = do("session.commit()"), do("session.commit()")
    assert moments(when("rows", one, orelse=(other,))) == []
    assert moments(when("rows", one, give()), other) == []
    assert moments(when("rows", one), when("not rows", other)) == []


def test_a_commit_in_a_handler_does_not_come_after_the_one_that_failed() -> None:
    assert moments(attempt(do("session.commit()"), caught=(ROLLBACK, do("session.commit()"), give()))) == []


def test_a_commit_in_finally_keeps_what_the_try_has_done() -> None:
    assert [one.half for one in moments(attempt(WRITE, final=(COMMIT,)))] == ["written"]
    assert [one.half for one in moments(attempt(do("session.execute(rows)"), final=(COMMIT,)))] == ["used"]
    assert moments(attempt(do("session.get(rows, 1)"), final=(COMMIT,))) == []
    assert moments(attempt(do("log()"), final=(WRITE, COMMIT))) == []


def test_a_rollback_before_finally_leaves_nothing_to_keep() -> None:
    assert moments(attempt(WRITE, caught=(ROLLBACK,), final=(COMMIT,))) == []
    assert moments(attempt(WRITE, caught=(do("log()"),), final=(COMMIT,)))


def leaves(name: str, params: str, *body: f.Stmt) -> list[bool]:
    """Whether the commits of a method are done although an exception passes."""
    init = function("__init__", "self, session: Session", bind("self.session", "session"))
    of = project(module("m", FROM_SQLALCHEMY, klass("Work", "", init, function(name, params, *body))))
    return [one.passing for one in summary(of, f"m.Work.{name}").commits]


OWN_COMMIT, OWN_ROLLBACK = do("self.session.commit()"), do("self.session.rollback()")


@pytest.mark.parametrize("name", ["__exit__", "__aexit__"])
def test_an_exit_that_does_not_ask_commits_although_an_exception_passes(name: str) -> None:
    assert leaves(name, "self, kind, error, trace", OWN_COMMIT) == [True]
    assert leaves("close", "self, kind, error, trace", OWN_COMMIT) == []


@pytest.mark.parametrize("test", ["kind is None", "not error", "kind == 1"])
def test_an_exit_that_asks_does_not(test: str) -> None:
    assert leaves("__exit__", "self, kind, error, trace", when(test, OWN_COMMIT)) == []


def test_an_exit_that_commits_only_after_an_exception_does() -> None:
    assert leaves("__exit__", "self, kind, error, trace", when("kind", OWN_COMMIT)) == [True]


def test_an_exit_that_has_rolled_back_an_exception_commits_nothing_of_it() -> None:
    assert leaves("__exit__", "self, kind, error, trace", when("kind", OWN_ROLLBACK), OWN_COMMIT) == []


@pytest.mark.parametrize(("caught", "passing"), [(do("log()"), [True]), (ROLLBACK, [])])
def test_a_context_manager_that_catches_commits_what_it_has_not_rolled_back(
    caught: f.Stmt, passing: list[bool]
) -> None:
    body = (attempt(do("(yield session)"), caught=(caught,)), COMMIT)
    manager = function("manage", "session: Session", *body, decorators=("contextmanager",))
    of = project(module("m", FROM_SQLALCHEMY, imported("contextlib", "contextmanager"), manager))
    assert [one.passing for one in summary(of, "m.manage").commits] == passing


def test_a_commit_before_an_exception_is_no_commit_of_the_turn() -> None:
    gives_up = function("give_up", "session: Session", do("session.commit()"), fail("Refused()"))
    asks = function("ask", "session: Session, row", when("row", do("give_up(session)")))
    body = each("row", "rows", do("ask(session, row)"))
    of = project(module("m", FROM_SQLALCHEMY, gives_up, asks, function("f", "session: Session, rows", body)))
    assert [rank.fatal for rank in summary(of, "m.ask").effects.values()] == [True]
    assert summary(of, "m.f").commits == ()


def test_a_commit_that_lasts_is_told_of_rather_than_one_before_an_exception() -> None:
    gives_up = function("give_up", "session: Session", do("session.commit()"), fail("Refused()"))
    saves = function("save", "session: Session", do("session.commit()"))
    deep = function("deep", "session: Session", do("save(session)"))
    body = (when("row.bad", do("give_up(session)")), do("deep(session)"))
    of = project(module("m", FROM_SQLALCHEMY, gives_up, saves, deep, function("f", "session: Session, row", *body)))
    assert [(rank.via, rank.fatal) for rank in summary(of, "m.f").effects.values()] == [(unit(of, "m.deep").key, False)]


def test_members_that_are_counted_keep_their_types() -> None:
    saves = klass("Saver", "", function("save", "self, session: Session", do("session.commit()")))
    savers, counted = bind("savers", "[Saver()]"), each("(number, one)", "enumerate(savers)", do("one.save(db)"))
    beside = each("(one, row)", "zip(savers, rows)", do("one.save(db)"))
    f_ = function("f", "db: Session, rows", savers, counted, beside)
    found = summary(project(module("m", FROM_SQLALCHEMY, saves, f_)), "m.f")
    assert [one.over for one in found.commits] == ["enumerate(savers)", "zip(savers, rows)"]


def test_the_session_of_an_entity_is_a_part_of_it() -> None:
    given = imported("sqlalchemy.orm", "object_session")
    of = project(module("m", given, function("save", "entity", do("object_session(entity).commit()"))))
    assert commits(of, "m.save") == [(param(0, "object_session()"), Confidence.CERTAIN)]


def test_a_session_that_a_with_block_hands_out_is_provided_inside_it() -> None:
    registry = bind("registry", "scoped_session(sessionmaker())")
    scope = function("scope", "", do("(yield registry())"), decorators=("contextmanager",))
    body = (within("scope() as session", do("session.commit()")), do("registry.commit()"))
    imports = (imported("sqlalchemy.orm", "scoped_session"), imported("sqlalchemy.orm", "sessionmaker"))
    of = project(
        module("m", *imports, imported("contextlib", "contextmanager"), registry, scope, function("f", "", *body))
    )
    assert [one.provided for one in summary(of, "m.f").events] == [True, False]


def test_a_decorator_makes_a_base_of_mapped_classes() -> None:
    base = klass("Base", "", decorators=("as_declarative()",))
    story = klass("Story", "Base", bind("__tablename__", "'story'"))
    of = project(module("m", imported("sqlalchemy.orm", "as_declarative"), base, story))
    assert of.classes.is_mapped("m.Story")


# -- what is sent before a commit --

TASK = function("pack", "number", do("log(number)"), decorators=("shared_task",))


def sent(*body: f.Stmt, params: str = "session: Session") -> list[tuple[str, str]]:
    """The kinds of what a function sends before something commits."""
    of = project(DB, module("m", FROM_DB, FROM_SQLALCHEMY, TASK, function("f", params, *body)))
    return [(one.first.what, one.then.verb.value) for one in summary(of, "m.f").sequels if "sent" in one.first.what]


SEND = do("pack.delay(1)")


def test_what_is_sent_between_a_write_and_its_commit_is_sent_too_early() -> None:
    assert sent(do("session.add(1)"), SEND, do("session.commit()")) == [("sent", "commit")]
    assert sent(SEND, do("session.add(1)"), do("session.commit()")) == []
    assert sent(do("session.add(1)"), do("session.commit()"), SEND) == []
    assert sent(do("session.add(1)"), do("session.rollback()"), SEND, do("session.commit()")) == []


def test_a_block_commits_at_its_end_what_was_sent_in_it() -> None:
    assert sent(within("session.begin()", do("session.add(1)"), SEND)) == [("sent", "commit")]
    assert sent(within("session.begin()", do("session.add(1)")), SEND) == []


def test_what_a_callee_writes_and_sends_its_caller_commits() -> None:
    place = function("place", "session: Session", do("session.add(1)"), SEND)
    body = (do("place(session)"), do("session.commit()"))
    of = project(module("m", FROM_SQLALCHEMY, TASK, place, function("f", "session: Session", *body)))
    assert [one.path for one in summary(of, "m.place").sent] == [param(0)]
    assert [(one.first.what, one.then.verb) for one in summary(of, "m.f").sequels] == [("passed", Verb.COMMIT)]


def test_a_callee_that_commits_what_it_sends_is_no_matter_of_its_caller() -> None:
    place = function("place", "session: Session", do("session.add(1)"), do("session.commit()"), SEND)
    body = (do("session.add(1)"), do("place(session)"), do("session.commit()"))
    of = project(module("m", FROM_SQLALCHEMY, TASK, place, function("f", "session: Session", *body)))
    assert [one for one in summary(of, "m.f").sequels if one.first.what in ("sent", "passed")] == []


# -- what is never committed, and what is committed past the session --


def lost(*body: f.Stmt, before: tuple[Function, ...] = ()) -> list[str]:
    """The verbs of what a function writes into sessions that it lets end without a commit."""
    of = project(DB, module("m", FROM_DB, FROM_SQLALCHEMY, *before, function("f", "", *body)))
    return [one.step.verb.value for one in summary(of, "m.f").lost]


def test_what_is_written_and_not_committed_is_lost_when_the_session_ends() -> None:
    add = do("s.add(1)")
    assert lost(within("SessionLocal() as s", add)) == ["write"]
    assert lost(within("SessionLocal() as s", add, give("1"))) == ["write"]
    assert lost(bind("s", "SessionLocal()"), add, do("s.close()")) == ["write"]
    assert lost(within("SessionLocal() as s", do("s.execute(1)"))) == []


def test_what_somebody_may_commit_is_not_lost() -> None:
    add = do("s.add(1)")
    done = function("done", "s: Session", do("s.commit()"))
    assert lost(within("SessionLocal() as s", add, do("s.commit()"))) == []
    assert lost(within("SessionLocal() as s", add, do("s.rollback()"))) == []
    assert lost(within("SessionLocal.begin() as s", add)) == []
    assert lost(within("SessionLocal() as s, s.begin()", add)) == []
    assert lost(within("SessionLocal() as s", add, do("done(s)")), before=(done,)) == []
    assert lost(within("SessionLocal() as s", add, do("follow(s)"))) == []
    assert lost(bind("s", "SessionLocal()"), add, give("s")) == []


def test_who_gets_a_session_that_its_maker_does_not_commit_may_lose_what_it_writes() -> None:
    make = function("make", "", give("SessionLocal()"))
    known = project(DB, module("m", FROM_DB, make))
    assert list(summary(known, "m.make").makes.values()) == ["sqlalchemy.orm.Session"]
    assert lost(within("make() as s", do("s.add(1)")), before=(make,)) == ["write"]
    assert lost(within("elsewhere() as s", do("s.add(1)"))) == []


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("COMMIT", "COMMIT"),
        ("rollback;", "ROLLBACK"),
        ("START TRANSACTION", "BEGIN"),
        ("BEGIN IMMEDIATE", ""),
        ("ROLLBACK TO SAVEPOINT a", ""),
        ("COMMIT PREPARED 'a'", ""),
        ("SELECT 1", ""),
    ],
)
def test_sql_that_ends_a_transaction_is_told_from_other_sql(sql: str, word: str) -> None:
    body = do(f"s.execute(text({sql!r}))")
    of = project(module("m", FROM_SQLALCHEMY, imported("sqlalchemy", "text"), function("f", "s: Session", body)))
    assert [one.word for one in summary(of, "m.f").raws] == ([word] if word else [])


# -- handlers that come too early --


def early(*body: f.Stmt, error: str = "IntegrityError") -> list[str]:
    """What is written in a `try` that sends nothing to the database, though its handler waits for the database."""
    handler = f.Handler(f.Name(error), "", (give(),))
    of = project(
        module(
            "m",
            FROM_SQLALCHEMY,
            imported("sqlalchemy.exc", "IntegrityError"),
            imported("sqlalchemy.exc", "InvalidRequestError"),
            function("f", "s: Session", f.Try(body, (handler,), (), (), False), do("s.commit()")),
        )
    )
    return [one.error for one in summary(of, "m.f").early]


def test_a_handler_around_an_add_catches_no_refusal_of_the_database() -> None:
    assert early(do("s.add(1)")) == ["sqlalchemy.exc.IntegrityError"]
    assert early(do("s.add(1)"), do("s.flush()")) == []
    assert early(within("s.begin_nested()", do("s.add(1)"))) == []
    assert early(do("s.add(1)"), do("follow(s)")) == []
    assert early(do("s.add(1)"), error="InvalidRequestError") == []
    assert early(do("s.add(1)"), error="Exception") == []


# -- waiting for the database --


def stalls(*parts: Function, symbol: str = "m.main") -> list[tuple[str, int]]:
    """What a function waits for: the class of what waits, and how many calls below."""
    given = (FROM_SQLALCHEMY, FROM_DB, imported("asyncio"), imported("contextlib", "contextmanager"))
    of = project(DB, module("m", *given, *parts))
    return [(stall.kind.rpartition(".")[2], stall.depth) for stall in summary(of, symbol).stalls]


READ = function("read", "", within("SessionLocal() as session", do("session.execute(statement)")))


def test_a_caller_waits_for_what_its_callee_waits_for() -> None:
    assert stalls(READ, function("main", "", do("read()"))) == [("Session", 1)]


def test_a_caller_does_not_wait_for_a_thread() -> None:
    main = function("main", "", do("await asyncio.to_thread(read)"), is_async=True)
    assert stalls(READ, main) == []


def test_a_function_that_runs_what_it_is_given_in_a_thread_does_not_wait_for_it() -> None:
    run = function("run", "work", give("await asyncio.to_thread(work)"), is_async=True)
    assert stalls(READ, run, function("main", "", do("await run(read)"), is_async=True)) == []


def test_what_a_coroutine_waits_for_is_its_own() -> None:
    inner = function("inner", "", do("read()"), is_async=True)
    assert stalls(READ, inner, function("main", "", do("await inner()"), is_async=True)) == []
    assert stalls(READ, inner, symbol="m.inner") == [("Session", 1)]


def test_a_generator_waits_when_it_is_iterated_and_a_context_manager_when_it_is_entered() -> None:
    body = (do("read()"), do("(yield 1)"))
    assert stalls(READ, function("make", "", *body), function("main", "", do("make()"))) == []
    make = function("make", "", *body, decorators=("contextmanager",))
    assert stalls(READ, make, function("main", "", within("make()"))) == [("Session", 2)]


def test_a_session_that_the_caller_knows_to_be_asynchronous_is_not_waited_for() -> None:
    read = function("read", "session: Session | AsyncSession", do("session.execute(statement)"))
    given = (FROM_SQLALCHEMY, imported("sqlalchemy.ext.asyncio", "AsyncSession"), read)
    of = project(module("m", *given, function("main", "session: AsyncSession", do("read(session)"))))
    assert summary(of, "m.read").stalls
    assert summary(of, "m.main").stalls == ()


def test_a_flag_that_says_no_keeps_nobody_waiting() -> None:
    read = function("read", "session: Session, now", when("now", do("session.commit()")))
    assert stalls(read, function("main", "session: Session", do("read(session, False)"))) == []
    assert stalls(read, function("main", "session: Session", do("read(session, True)"))) == [("Session", 1)]


def test_isinstance_tells_the_branches_which_of_two_classes_it_is() -> None:
    given = (FROM_SQLALCHEMY, imported("sqlalchemy.ext.asyncio", "AsyncSession"))
    test = when("isinstance(session, Session)", do("session.commit()"), orelse=(do("session.flush()"),))
    of = project(module("m", *given, function("f", "session: Session | AsyncSession", test)))
    assert {(event.verb, event.kind) for event in summary(of, "m.f").events} == {
        (Verb.COMMIT, SESSION),
        (Verb.FLUSH, ASYNC_SESSION),
    }


def test_what_is_of_the_class_that_is_asked_for_is_unknown_where_the_answer_is_no() -> None:
    given = (FROM_SQLALCHEMY, imported("sqlalchemy.ext.asyncio", "AsyncSession"))
    test = when("isinstance(session, Session)", do("session.commit()"), orelse=(do("session.flush()"),))
    of = project(module("m", *given, function("f", "session: Session", test, do("session.rollback()"))))
    assert [event.verb for event in summary(of, "m.f").events] == [Verb.COMMIT, Verb.ROLLBACK]


def test_isinstance_hides_no_variable_of_the_module() -> None:
    bound = bind("session", "Session(engine)")
    test = when("isinstance(session, Session)", do("session.commit()"))
    of = project(module("m", FROM_SQLALCHEMY, bound, function("f", "", test)))
    assert [(event.verb, event.kind) for event in summary(of, "m.f").events] == [(Verb.COMMIT, SESSION)]


def test_an_async_session_that_is_passed_is_believed_more_than_an_annotation() -> None:
    end = function("end", "session: Session", do("await session.commit()"), is_async=True)
    main = function("main", "session: AsyncSession", do("await end(session)"), is_async=True)
    of = project(module("m", FROM_SQLALCHEMY, imported("sqlalchemy.ext.asyncio", "AsyncSession"), end, main))
    assert [event.kind for event in summary(of, "m.end").events] == [ASYNC_SESSION]


WRITER = klass(
    "Writer",
    "",
    function("__init__", "self, session: Session", bind("self.session", "session")),
    function("save", "self", do("self.session.commit()")),
)


def keeper(init: f.Bind, *methods: Part) -> Project:
    """A class that keeps writers; `use` calls one of them."""
    methods = (
        function("__init__", "self", init),
        function("use", "self, name", do("self.known[name].save()")),
        *methods,
    )
    return project(module("m", FROM_SQLALCHEMY, WRITER, klass("Keeper", "", *methods)))


def test_an_annotation_says_what_an_empty_container_holds() -> None:
    of = keeper(bind("self.known", "{}", "dict[str, Writer]"))
    assert called(of, "m.Keeper.use") == ["m.Writer.save"]
    assert not called(keeper(bind("self.known", "{}")), "m.Keeper.use")


def test_an_annotation_says_what_comes_instead_of_none() -> None:
    methods = (
        function("__init__", "self", bind("self.one", "None", "Writer")),
        function("use", "self", do("self.one.save()")),
    )
    of = project(module("m", FROM_SQLALCHEMY, WRITER, klass("Keeper", "", *methods)))
    assert called(of, "m.Keeper.use") == ["m.Writer.save"]


def test_what_any_method_puts_into_a_container_is_a_member_of_it() -> None:
    register = function("register", "self, name, session: Session", bind("self.known[name]", "Writer(session)"))
    assert called(keeper(bind("self.known", "{}"), register), "m.Keeper.use") == ["m.Writer.save"]


def test_what_any_method_appends_to_a_list_is_a_member_of_it() -> None:
    register = function("register", "self, session: Session", do("self.known.append(Writer(session))"))
    assert called(keeper(bind("self.known", "[]"), register), "m.Keeper.use") == ["m.Writer.save"]


def committed_by_a_clock(job: str, *methods: Part, plan: str = "Plan") -> set[Path]:
    """What is committed by an object that goes through the jobs which another one makes and keeps."""
    init = function("__init__", "self, writer: Writer", bind("self.writer", "writer"), bind("self.jobs", "[]"))
    keeper = (init, function("add", "self, other: Writer", do(f"self.jobs.append({job})")), *methods)
    other = (init, function("add", "self", do("self.jobs.append(Job(Writer(Session())))")))
    clock = (
        function("__init__", f"self, plan: {plan}", bind("self.plan", "plan")),
        function("run", "self", each("job", "self.plan.jobs", do("job.run()"))),
    )
    work = (
        function("__init__", "self, writer: Writer", bind("self.writer", "writer")),
        function("run", "self", do("self.writer.save()")),
    )
    keepers = (klass("Plan", "", *keeper), klass("Other", "", *other))
    parts = (klass("Job", "", *work), *keepers, klass("Clock", "", *clock))
    return {path for path, _ in commits(project(module("m", FROM_SQLALCHEMY, WRITER, *parts)), "m.Clock.run")}


def test_what_a_member_was_given_of_what_its_owner_holds_is_that() -> None:
    assert committed_by_a_clock("Job(self.writer)") == {param(0, "@plan", "@writer", "@session")}
    assert committed_by_a_clock("Job(Writer(Session()))") == set()
    assert committed_by_a_clock("Job(other)") == set()
    take = function("take", "self, at, job: Job", bind("self.jobs[at]", "job"))
    assert committed_by_a_clock("Job(self.writer)", take) == set()
    assert committed_by_a_clock("Job(self.writer)", plan="Plan | Job") == {param(0, "@plan", "@writer", "@session")}
    assert committed_by_a_clock("Job(self.writer)", plan="Plan | Other") == set()


def test_the_default_of_a_parameter_says_what_it_is() -> None:
    none = klass("Nowhere", "", function("save", "self"))
    somewhere = klass(
        *("Somewhere", "Nowhere", function("__init__", "self, session: Session", bind("self.session", "session"))),
        function("save", "self", do("self.session.commit()")),
    )
    save = function("save", "to=Nowhere()", do("to.save()"))
    of = project(module("m", FROM_SQLALCHEMY, none, somewhere, save))
    assert called(of, "m.save") == ["m.Somewhere.save"]


def test_reading_a_property_runs_its_getter_and_not_its_setter() -> None:
    getter = function("size", "self", give("1"), decorators=("property",))
    setter = function("size", "self, size", do("self.session.commit()"), decorators=("size.setter",))
    init = function("__init__", "self, session: Session", bind("self.session", "session"))
    parts = (FROM_SQLALCHEMY, klass("Box", "", init, getter, setter), function("f", "box: Box", do("box.size")))
    assert commits(project(module("m", *parts)), "m.f") == []


def test_tools_inside_a_package_are_no_scripts() -> None:
    of = project(
        module("tools.fill", function("f", "")),
        module("shop.tools.find", function("f", "")),
    )
    assert of.layers.of(unit(of, "tools.fill.f")).layer == "script"
    assert of.layers.of(unit(of, "shop.tools.find.f")).layer == ""


def test_a_function_that_only_commands_reach_is_run_only_by_them() -> None:
    command = (imported("click"), function("main", "", do("work()")))
    of = project(module("m", *command, function("work", "", do("deep()")), function("deep", "")))
    assert of.run_only_by(unit(of, "m.deep"), {"command"})
    assert of.run_by(unit(of, "m.deep"), {"command"})
    assert not of.run_by(unit(of, "m.main"), {"handler"})
    other = function("other", "", do("deep()"))
    of = project(module("m", *command, other, function("work", "", do("deep()")), function("deep", "")))
    assert not of.run_only_by(unit(of, "m.deep"), {"command"})


# -- layers --


def layer(of: Project, symbol: str) -> str:
    return of.layers.of(unit(of, symbol)).layer


def test_a_declared_layer_wins_over_every_evidence() -> None:
    declared = replace(Settings(), layers=(("use-case", ("app.repo",)),))
    repo, service = borrowers()
    assert layer(project(repo, service, settings=declared), "app.repo.add") == "use-case"


def test_a_path_of_repositories_is_evidence() -> None:
    of = project(module("app.repositories.users", FROM_SQLALCHEMY, function("add", "session: Session")))
    assert layer(of, "app.repositories.users.add") == "repository"


def test_a_class_that_commits_and_rolls_back_is_a_unit_of_work() -> None:
    methods = (function("commit", "self"), function("rollback", "self"), function("add", "self, row"))
    assert layer(project(module("m", klass("Work", "", *methods))), "m.Work.add") == "unit-of-work"


def test_a_route_of_a_router_is_a_handler() -> None:
    given = (imported("fastapi", "APIRouter"), bind("router", "APIRouter()"))
    of = project(module("m", *given, function("f", "", decorators=("router.get('/orders')",))))
    assert layer(of, "m.f") == "handler"
    assert of.layers.of(unit(of, "m.f")).entry == "GET /orders"


@pytest.mark.parametrize(
    ("package", "name", "decorator", "found"),
    [
        ("quart", "Quart", "made.post('orders')", "handler"),
        ("quart", "Quart", "made.before_serving", "startup"),
        ("sanic", "Sanic", "made.post(PATH)", "handler"),
        ("sanic", "Blueprint", "made.on_request", "middleware"),
        ("sanic", "Sanic", "made.before_server_start", "startup"),
        ("bottle", "Bottle", "made.route(PATH)", "handler"),
        ("bottle", "post", "post(PATH)", "handler"),
        ("cherrypy", "expose", "expose", "handler"),
        ("aiogram", "Router", "made.callback_query()", "handler"),
        ("aiogram", "Router", "made.resolve_used_update_types()", ""),
        ("telebot", "TeleBot", "made.message_handler(commands=['start'])", "handler"),
        ("slack_bolt", "App", "made.command('/orders')", "handler"),
        ("discord", "Client", "made.event", "handler"),
        ("discord.ext.commands", "Bot", "made.event", "handler"),
        ("discord.ext.commands", "Bot", "made.hybrid_command()", "handler"),
        ("discord.ext.commands", "Bot", "made.tree.command()", "handler"),
        ("discord.ext.commands", "Bot", "made.check", ""),
        ("discord.ext.commands", "Cog", "Cog.listener()", "handler"),
    ],
)
def test_other_servers_are_known_by_their_decorators(package: str, name: str, decorator: str, found: str) -> None:
    given = (imported(package, name), bind("made", f"{name}()"), function("f", "request", decorators=(decorator,)))
    assert layer(project(module("m", *given)), "m.f") == found


@pytest.mark.parametrize(
    ("name", "given", "found"),
    [
        ("CommandHandler", "'start', f", "handler"),
        ("MessageHandler", "filters.TEXT, callback=f", "handler"),
        ("CallbackQueryHandler", "f", "handler"),
        ("ConversationHandler", "f, {}, []", ""),
    ],
)
def test_what_a_bot_of_telegram_answers_with_is_handed_to_it(name: str, given: str, found: str) -> None:
    handed = (imported("telegram.ext", name), function("f", "update, context"), bind("made", f"{name}({given})"))
    assert layer(project(module("m", *handed)), "m.f") == found


@pytest.mark.parametrize(
    ("base", "name", "takes", "found"),
    [
        ("", "on_post", "self, req, resp", "handler"),
        ("", "on_get_all", "self, req, resp, key", "handler"),
        ("", "on_close", "self, req, resp", ""),
        ("", "get", "self, req, resp", ""),
        ("orders_pb2_grpc.OrdersServicer", "Add", "self, request, context", "handler"),
        ("", "Add", "self, request, context", ""),
        ("orders_pb2_grpc.OrdersServicer", "find", "self, key", ""),
    ],
)
def test_a_responder_is_known_by_its_shape(base: str, name: str, takes: str, found: str) -> None:
    assert layer(project(module("m", klass("Orders", base, function(name, takes)))), f"m.Orders.{name}") == found


@pytest.mark.parametrize(
    ("part", "found"), [("event['body']", "handler"), ("event['pathParameters']", "handler"), ("event['Records']", "")]
)
def test_a_function_of_aws_lambda_answers_what_comes_through_a_gateway(part: str, found: str) -> None:
    of = project(module("m", function("save", "event, context", do(f"print({part})"))))
    assert layer(of, "m.save") == found


def test_an_application_by_its_customary_name_shares_what_it_has() -> None:
    given = (FROM_SQLALCHEMY, imported("fastapi", "FastAPI"), imported("fastapi", "Request"))
    starts = function("start", "app", bind("app.state.make", "sessionmaker()"))
    reads = function("f", "request: Request", give("request.app.state.make()"))
    of = project(module("m", *given, imported("sqlalchemy.orm", "sessionmaker"), starts, reads))
    assert [value.type.name for value in summary(of, "m.f").returns] == ["sqlalchemy.orm.Session"]


def test_a_context_manager_around_an_application_runs_at_its_start() -> None:
    given = (imported("fastapi", "FastAPI"), imported("contextlib", "asynccontextmanager"))
    around = function("run", "app: FastAPI", do("(yield)"), decorators=("asynccontextmanager",), is_async=True)
    assert layer(project(module("m", *given, around)), "m.run") == "startup"


def test_a_generator_that_yields_a_session_is_a_provider() -> None:
    provider = function("get_session", "", within("SessionLocal() as session", do("(yield session)")))
    assert layer(project(DB, module("m", FROM_DB, provider)), "m.get_session") == "provider"


@pytest.mark.parametrize(
    ("name", "found"), [("app.cli.fill", "command"), ("app.cli", "command"), ("app.tests", "test")]
)
def test_some_places_say_what_is_in_them(name: str, found: str) -> None:
    assert layer(project(module(name, function("f", ""))), f"{name}.f") == found


# What a client sent, on its way into columns.

ROWS = module(
    "app.rows",
    imported("sqlalchemy.orm", "DeclarativeBase"),
    klass("Base", "DeclarativeBase"),
    klass("User", "Base", bind("__tablename__", "'users'")),
)
FROM_FLASK = imported("flask", "request")
FROM_ROWS = imported("app.rows", "User")


def fills(of: Project, symbol: str) -> list[Fill]:
    return list(summary(of, symbol).fills)


@pytest.mark.parametrize(
    "how", ["User(**request.get_json())", "User(**dict(request.form))", "User(**{**request.json, 'name': 'x'})"]
)
def test_a_request_unpacked_into_an_entity_is_a_fill(how: str) -> None:
    (fill,) = fills(project(ROWS, module("m", FROM_FLASK, FROM_ROWS, function("f", "", do(how)))), "m.f")
    assert (fill.is_known, fill.into.type.name, fill.chain) == (True, "app.rows.User", ())


@pytest.mark.parametrize(
    "how",
    [
        "User(name=request.json['name'])",
        "User(**{'name': request.json['name']})",
        "User(**{k: v for k, v in request.json.items() if k in ALLOWED})",
        "setattr(User(), 'name', request.json['name'])",
    ],
)
def test_named_columns_are_no_fill(how: str) -> None:
    assert not fills(project(ROWS, module("m", FROM_FLASK, FROM_ROWS, function("f", "", do(how)))), "m.f")


def test_a_fill_is_known_where_the_mapping_is() -> None:
    loop = each("name", "data", do("setattr(user, name, data[name])"))
    change = function("change", "user, data", loop)
    caller = function("f", "", do("change(User(), request.form)"))
    of = project(ROWS, module("m", FROM_FLASK, FROM_ROWS, change, caller))

    (inner,) = fills(of, "m.change")
    (outer,) = fills(of, "m.f")
    assert (inner.is_known, inner.source.path) == (False, Path("param", 1))
    assert (outer.is_known, outer.into.type.name, outer.where) == (True, "app.rows.User", unit(of, "m.change").key)


def test_keys_that_are_looked_up_in_a_list_are_checked() -> None:
    loop = each("name", "data", when("name in ALLOWED", do("setattr(user, name, data[name])")))
    of = project(ROWS, module("m", FROM_ROWS, function("change", "user: User, data", loop)))
    assert not fills(of, "m.change")


# What goes to another process.


@pytest.mark.parametrize(
    ("how", "sent"),
    [
        ("greet.delay(user)", ("", "m.greet", "delay")),
        ("greet.apply_async(args=[[user]])", ("", "m.greet", "apply_async")),
        ("dumps(user)", ("pickle", "", "")),
    ],
)
def test_an_entity_that_is_sent_is_remembered(how: str, sent: tuple[str, str, str]) -> None:
    caller = function("f", "user: User", do(how))
    of = project(ROWS, module("m", FROM_ROWS, imported("pickle", "dumps"), function("greet", "user"), caller))

    (found,) = summary(of, "m.f").exported
    assert (found.what, found.kind, found.how, found.name) == ("entity", "app.rows.User", sent[0], sent[2])
    assert found.task == (unit(of, sent[1]).key if sent[1] else "")


@pytest.mark.parametrize("how", ["dumps(session)", "dumps([session])", "dumps(A(session))", "dumps(A(session).go)"])
def test_a_session_that_is_sent_is_remembered(how: str) -> None:
    init = function("__init__", "self, session: Session", bind("self.session", "session"))
    holder = klass("A", "", init, function("go", "self"))
    caller = function("f", "session: Session", do(how))
    of = project(module("m", FROM_SQLALCHEMY, imported("pickle", "dumps"), holder, caller))

    (found,) = summary(of, "m.f").exported
    assert (found.what, found.kind) == ("session", SESSION)
    assert found.field == ("m.A.session" if "A(" in how else "")


def test_a_value_of_an_entity_may_be_sent() -> None:
    caller = function("f", "user: User", do("greet.delay(user.id)"))
    of = project(ROWS, module("m", FROM_ROWS, function("greet", "key"), caller))
    assert not summary(of, "m.f").exported


# Engines that commit each statement.

FROM_ENGINE = (
    imported("sqlalchemy", "create_engine"),
    imported("sqlalchemy.orm", "Session"),
    imported("sqlalchemy.orm", "sessionmaker"),
)


def fed(engine: str, *body: f.Stmt) -> list[str]:
    """By which factory the sessions of a function are made, when the engine of the factory is of this kind."""
    db = module("db", *FROM_ENGINE, bind("engine", engine), bind("Make", "sessionmaker(engine)"))
    new = function("new", "", give("Make()"))
    of = project(
        db, module("m", imported("db", "Make"), imported("db", "engine"), *FROM_ENGINE, new, function("f", "", *body))
    )
    return [by.partition("@")[0] for _, by in summary(of, "m.f").fed]


AUTOCOMMIT = "create_engine('sqlite://', isolation_level='AUTOCOMMIT')"


@pytest.mark.parametrize(
    ("body", "factory"),
    [
        (bind("session", "Make()"), "db:0"),
        (bind("session", "new()"), "db:0"),
        (within("Make.begin() as session", do("session.add(1)")), "db:0"),
        (bind("session", "Session(engine)"), "m:2"),
    ],
)
def test_a_session_on_an_engine_in_autocommit_is_known(body: f.Stmt, factory: str) -> None:
    assert fed(AUTOCOMMIT, body) == [factory]


@pytest.mark.parametrize(
    "engine", ["create_engine('sqlite://')", f"{AUTOCOMMIT}.execution_options(isolation_level='SERIALIZABLE')"]
)
def test_a_session_on_another_engine_is_not(engine: str) -> None:
    assert not fed(engine, bind("session", "Make()"), bind("other", "Session(engine)"))


# Event loops.

ENGINE = module(
    "app.aio",
    imported("sqlalchemy.ext.asyncio", "async_sessionmaker"),
    imported("sqlalchemy.ext.asyncio", "create_async_engine"),
    bind("engine", "create_async_engine('postgresql+asyncpg://localhost/shop')"),
    bind("Sessions", "async_sessionmaker(engine)"),
)
WORK = function("work", "", within("Sessions() as session", do("session.add(1)"), is_async=True), is_async=True)
LOOPS = (imported("app.aio", "Sessions"), imported("app.aio", "engine"), imported("asyncio", "run"), WORK)


def looped(of: Project, symbol: str) -> list[tuple[str, ...]]:
    """The module variables that each event loop draws from which a function begins."""
    return [tuple(draw.source for draw in one.draws) for one in summary(of, symbol).looped]


def test_an_event_loop_draws_from_what_its_coroutine_draws_from() -> None:
    of = project(ENGINE, module("m", *LOOPS, function("f", "", do("run(work())"))))
    assert looped(of, "m.f") == [("app.aio.Sessions",)]


def test_a_helper_begins_the_loop_of_the_coroutine_it_is_given() -> None:
    start = function("start", "work", do("run(work)"))
    of = project(ENGINE, module("m", *LOOPS, start, function("f", "", do("start(work())"))))
    assert looped(of, "m.f") == [("app.aio.Sessions",)]


def test_a_helper_begins_the_loop_of_the_function_it_is_given() -> None:
    start = function("start", "work, key", do("run(work(key))"))
    of = project(ENGINE, module("m", *LOOPS, start, function("f", "", do("start(work, 1)"))))
    assert looped(of, "m.f") == [("app.aio.Sessions",)]


def test_loops_that_exclude_each_other_do_not_follow_each_other() -> None:
    one = function("one", "again", when("again", do("run(work())"), orelse=(do("run(work())"),)))
    both = function("both", "", do("run(work())"), do("run(work())"))
    of = project(ENGINE, module("m", *LOOPS, one, both))
    assert [bool(found.after) for found in summary(of, "m.one").looped] == [False, False]
    assert [bool(found.after) for found in summary(of, "m.both").looped] == [False, True]


def test_an_engine_that_is_disposed_of_below_is_disposed_of() -> None:
    end = function("end", "", do("engine.dispose()"), is_async=True)
    of = project(ENGINE, module("m", *LOOPS, end, function("f", "", do("run(end())"))))
    assert summary(of, "m.f").disposed == ("app.aio.engine",)


# What registries tell sessions apart by.


@pytest.mark.parametrize(
    ("key", "by"),
    [
        ("scopefunc=current_task", "task"),
        ("get_ident", "thread"),
        ("scopefunc=same", "nothing"),
        ("scopefunc=key", "loop"),
        ("scopefunc=elsewhere", ""),
    ],
)
def test_a_registry_goes_by_what_its_key_function_asks(key: str, by: str) -> None:
    function_of_loop = function("key", "", give("id(get_running_loop())"))
    names = [("asyncio", "current_task"), ("asyncio", "get_running_loop"), ("threading", "get_ident")]
    of = project(
        module(
            "m",
            imported("sqlalchemy.ext.asyncio", "async_scoped_session"),
            *(imported(*one) for one in names),
            function_of_loop,
            function("same", "", give("'shop'")),
            bind("Session", f"async_scoped_session(make, {key})"),
        )
    )
    assert [scope.by for scope in scopes(of, "m.Session")] == [by]


# Streams.


def stream(*then: f.Stmt) -> str:
    """How a function leaves the stream open that it has called `rows`."""
    of = project(module("m", function("f", "", bind("rows", "(await open())"), *then)))
    body = unit(of, "m.f").body
    (made,) = (part for part in parts(body) if isinstance(part, f.Bind) and f.Name("rows") in part.targets)
    (call,) = (part for part in parts(made) if isinstance(part, f.Call))
    return left_streaming(body, call.at)


def loop_over(of: str, *body: f.Stmt) -> f.Repeat:
    return f.Repeat(f.Name("row"), f.Name(of), body, (), True)


BREAK = f.Leave("break", None, -1)


def test_a_stream_is_open_when_its_loop_ends_early() -> None:
    assert stream(loop_over("rows", when("row", BREAK))) == "break"
    assert stream(loop_over("rows", when("row", give("row")))) == "return"


def test_a_stream_is_closed_when_it_is_read_to_its_end_or_closed() -> None:
    inner = loop_over("others", BREAK)
    assert stream(loop_over("rows", inner)) == ""
    assert stream(loop_over("rows", BREAK), do("(await rows.close())")) == ""
    assert stream(give("rows")) == ""


def test_a_stream_may_be_read_in_part_or_not_at_all() -> None:
    assert stream(do("(await rows.fetchmany(2))")) == "partly"
    assert stream() == "unread"


# Timeouts.

AIO = (imported("sqlalchemy.ext.asyncio", "AsyncSession"), imported("asyncio", "wait_for"))
WAIT = do("(await wait_for(session.execute(1), 5))")
AGAIN = do("(await session.execute(2))")


def waiting(caught: str, *then: f.Stmt) -> f.Try:
    """A statement that is given some time, and what is done after an exception."""
    return f.Try((WAIT,), (f.Handler(f.Name(caught), "", then),), (), (), False)


def timeouts(*body: f.Stmt) -> list[Verb]:
    """What is done to a session that a timeout may have broken."""
    of = project(module("m", *AIO, function("f", "session: AsyncSession", *body, is_async=True)))
    return [sequel.then.verb for sequel in summary(of, "m.f").sequels if sequel.first.what == "timeout"]


def test_a_session_is_used_after_a_timeout() -> None:
    assert timeouts(waiting("TimeoutError", do("print()")), AGAIN) == [Verb.USE]


def test_a_rollback_mends_what_a_timeout_breaks() -> None:
    assert not timeouts(waiting("TimeoutError", do("(await session.rollback())")), AGAIN)


def test_another_exception_is_no_timeout() -> None:
    assert not timeouts(waiting("ValueError", do("print()")), AGAIN)


def slightness(*body: Part) -> list[bool]:
    """Of each failure that is caught in a function: whether little is lost by it."""
    found = project(DB, module("m", FROM_DB, FROM_SQLALCHEMY, *body))
    return [one.first.slight for one in summary(found, "m.f").sequels]


def test_a_failed_read_costs_little_where_nothing_was_written() -> None:
    read = attempt(do("s.get(1)"), caught=(do("print(1)"),))
    assert slightness(function("f", "s: Session", read, do("s.execute(1)"))) == [True]
    assert slightness(function("f", "s: Session", do("s.add(1)"), read, do("s.execute(1)"))) == [False]


def test_a_statement_nobody_knows_may_be_no_read() -> None:
    body = attempt(do("s.execute(1)"), caught=(do("print(1)"),))
    assert slightness(function("f", "s: Session", body, do("s.execute(1)"))) == [False]


def test_a_reading_is_gone_when_it_has_ended() -> None:
    gc.collect()
    gc.disable()
    try:
        of = project(module("m", FROM_SQLALCHEMY, function("f", "session: Session", WRITE, COMMIT)))
        assert summary(of, "m.f").effects
        assert not [one for one in gc.get_objects() if isinstance(one, Reading)]
    finally:
        gc.enable()


def test_a_nested_function_that_what_it_calls_asks_for_is_read_once() -> None:
    shop = module(
        "app.shop",
        bind("FOLDER", "None"),
        klass("Cache", "", function("__init__", "self, folder=FOLDER", bind("self.folder", "folder.make()"))),
        function(
            "main",
            "args",
            function(
                "run",
                "",
                f.Scope("global", ("FOLDER",)),
                bind("FOLDER", "args.folder"),
                do("Cache(args)"),
                do("Cache()"),
            ),
            do("run()"),
        ),
    )
    assert not project(shop).summaries.crashed
