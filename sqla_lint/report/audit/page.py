"""The audit as one HTML page that needs nothing else: no network, no fonts, no library."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqla_lint import DISTRIBUTION, __version__
from sqla_lint.engine.audit import advice
from sqla_lint.engine.audited import Audit, Cause, Engine, Heat, Node, Tally
from sqla_lint.engine.trend import Run
from sqla_lint.model import Confidence, Finding, Place, Severity, Step
from sqla_lint.report.audit import drawn, told
from sqla_lint.report.audit.markup import EMPTY, Markup, data, escaped, joined, tag
from sqla_lint.report.audit.text import owners_by_layer
from sqla_lint.report.plain import printable, short
from sqla_lint.report.summary import counted

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing."""
_AROUND = 2
_LONGEST = 240
_ROWS = 12
_MOST_MAPS = 120
_SURE = tuple(one.word for one in sorted(Confidence, reverse=True))
_SEVERITIES = tuple(one.value for one in Severity)
_HERE = Path(__file__).parent


def render(audit: Audit, trend: Sequence[Run] = ()) -> str:
    """The page; `trend` are earlier runs and this one, drawn as a line. The same bytes for the same audit."""
    found = Counter(finding.symbol for finding in audit.findings)
    sections = [
        ("overview", "Overview", _overview(audit, trend)),
        ("rules", "Rules", _rules(audit)),
        ("causes", "Root causes", _causes(audit)),
        ("findings", "Findings", _findings(audit)),
        ("map", "Transaction map", _map(audit, found)),
        ("owners", "Who ends transactions", _owners(audit)),
        ("deployment", "Connections of the deployment", _budget(audit)),
        ("layers", "Layers", _layers(audit)),
        ("heat", "Where", _heat(audit)),
        ("unseen", "What was not seen", _unseen(audit)),
        ("suppressions", "Suppressions", _suppressions(audit)),
    ]
    shown = [(name, title, inner) for name, title, inner in sections if inner]
    title = f"{audit.name}: audit of SQLAlchemy code"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", _part("page.css")),
    )
    links = [tag("li", tag("a", name, href=f"#{anchor}")) for anchor, name, _ in shown]
    body = tag(
        "body",
        tag("a", "Skip to findings", class_="skip", href="#findings"),
        _header(audit),
        tag("nav", tag("div", tag("ul", *links), class_="wrap"), class_="bar", aria_label="Sections"),
        tag("main", *(_section(*one) for one in shown), class_="wrap"),
        tag("footer", tag("div", f"Written by sqla-lint {__version__} ({DISTRIBUTION}).", class_="wrap")),
        tag("script", data(_data(audit)), type="application/json", id="data"),
        tag("script", _part("page.js")),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _part(name: str) -> Markup:
    return Markup((_HERE / name).read_text("utf-8"))


def _section(name: str, title: str, inner: Markup) -> Markup:
    return tag("section", tag("h2", title, id=f"{name}-title"), inner, id=name, aria_labelledby=f"{name}-title")


def _header(audit: Audit) -> Markup:
    versions = "".join(f", {name} {version}" for name, version in audit.requires)
    size = f"{counted(audit.files, 'file')}, {audit.lines:,} lines{versions}"
    return tag(
        "header",
        tag(
            "div",
            tag("div", tag("h1", audit.name), tag("p", size, class_="sub")),
            tag("button", "Dark", id="theme", type="button", hidden=True),
            class_="wrap",
        ),
        class_="top",
    )


# -- parts --


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A table whose first column names its rows; a head that ends with > is of numbers."""
    numbers = [head.endswith(">") for head in heads]
    top = tag(
        "tr",
        *(
            tag("th", head.rstrip(">"), scope="col", class_="num" if number else None)
            for head, number in zip(heads, numbers, strict=True)
        ),
    )
    body = []
    for first, *others in rows:
        cells = [tag("th", first, scope="row", class_="num" if numbers[0] else None)]
        for cell, number in zip(others, numbers[1:], strict=True):
            look = ("num zero" if cell == "0" else "num") if number else None
            cells.append(tag("td", cell, class_=look))
        body.append(tag("tr", *cells))
    return tag(
        "div",
        tag("table", tag("caption", caption, class_="hidden-label"), tag("thead", top), tag("tbody", *body)),
        class_="scroll",
        tabindex=0,
        role="region",
        aria_label=caption,
    )


def _folded(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], most: int = _ROWS) -> Markup:
    """A table whose later rows are shown when asked for."""
    first = _table(caption, heads, rows[:most])
    if len(rows) <= most:
        return first
    rest = _table(f"{caption}, continued", heads, rows[most:])
    return joined(first, tag("details", tag("summary", f"{len(rows) - most} more"), rest, class_="more"))


def _at(place: Place) -> Markup:
    return _mono(f"{place.path}:{place.line}")


def _mono(name: str) -> Markup:
    """A name or path, which may be broken after its parts."""
    parts = re.split(r"(?<=[./_])(?=[^./_])", name)
    return tag("span", Markup("<wbr>".join(map(escaped, parts))), class_="mono")


def _layer(name: str) -> Markup:
    return tag("span", name or "other", class_=f"layer l-{name or 'none'}")


def _chip(severity: Severity) -> Markup:
    return tag("span", severity.value, class_=f"chip {severity.value}")


def _inline(text: str) -> Markup:
    """Text in which what stands between backticks is code."""
    return joined(*(tag("code", part) if at % 2 else escaped(part) for at, part in enumerate(text.split("`"))))


def _note(text: str) -> Markup:
    return tag("p", _inline(text), class_="note")


# -- sections --


def _overview(audit: Audit, trend: Sequence[Run]) -> Markup:
    by = Counter(finding.severity for finding in audit.findings)
    figures = [
        ("findings", f"{len(audit.findings):,}", ""),
        *(
            (_many(one.value, by[one]), f"{by[one]:,}", f"{one.value}-ink" if by[one] else "")
            for one in Severity
            if by[one] or one is not Severity.INFO
        ),
        ("root causes", f"{len(audit.causes):,}", ""),
        ("ends of transactions", f"{len(audit.ownership.endings):,}", ""),
        ("of session calls known", f"{audit.unseen.resolved:.0%}", ""),
        ("suppressed", f"{audit.suppressed:,}", ""),
    ]
    shown = tag(
        "dl",
        *(tag("div", tag("dt", name), tag("dd", figure, class_=look or None)) for name, figure, look in figures),
        class_="figures",
    )
    panels = [_sureness(audit), _steps(audit)]
    if trend:
        panels.append(_trend(trend))
    errors = [tag("li", f"{one.path}: {one.message}" if one.path else one.message) for one in audit.errors]
    if errors:
        panels.insert(
            0, tag("div", tag("h3", "The run is not to be trusted"), tag("ul", *errors), class_="panel error-ink")
        )
    return joined(shown, tag("div", *panels, class_="columns"))


def _many(noun: str, count: int) -> str:
    return noun if noun == "info" or count == 1 else f"{noun}s"


def _sureness(audit: Audit) -> Markup:
    by = Counter((one.severity, one.confidence.word) for one in audit.findings)
    rows = [
        [_chip(one), *(str(by[one, sure]) for sure in _SURE), str(sum(by[one, sure] for sure in _SURE))]
        for one in Severity
    ]
    note = "As sure as the weakest thing it rests on. `check` shows certain and likely ones of the rules on by default."
    table = _table("Findings by severity and confidence", ("", *(f"{sure}>" for sure in _SURE), "all>"), rows)
    return tag("div", tag("h3", "How bad, and how sure"), _note(note), table)


def _steps(audit: Audit) -> Markup:
    items = [tag("li", tag("code", step.command), tag("span", step.why)) for step in advice(audit)]
    return tag("div", tag("h3", "Next"), tag("ol", *items, class_="steps")) if items else EMPTY


def _trend(trend: Sequence[Run]) -> Markup:
    top = max(max(run.findings for run in trend), 1)
    wide = max(len(trend) - 1, 1)
    points = " ".join(f"{at * 100 / wide:.2f},{50 - 44 * run.findings / top:.2f}" for at, run in enumerate(trend))
    area = f"M0,52 L{points.replace(' ', ' L')} L{100 if len(trend) > 1 else 0},52 Z"
    first, last = trend[0], trend[-1]
    ends = f"{counted(first.findings, 'finding')} on {first.date}, {last.findings} on {last.date}"
    words = f"{ends}, {counted(len(trend), 'run')}"
    line = tag(
        "svg",
        tag("title", f"Findings from run to run: {words}"),
        tag("path", d=area),
        tag("polyline", points=points),
        class_="spark",
        role="img",
        viewBox="0 0 100 54",
        preserveAspectRatio="none",
    )
    rows = [
        [run.date, run.commit[:12], str(run.findings), str(run.errors), str(run.warnings)] for run in reversed(trend)
    ]
    table = _table("Runs, the latest first", ("day", "commit", "findings>", "errors>", "warnings>"), rows)
    return tag(
        "div", tag("h3", "Trend"), _note(words), line, tag("details", tag("summary", "All runs"), table, class_="more")
    )


def _rules(audit: Audit) -> Markup:
    if not audit.rules:
        return EMPTY
    heads = ("rule", "severity", "certain>", "likely>", "possible>", "files>", "causes>", "look first at")
    note = "Causes are places to mend. The worst rules that are on by default come first."
    return joined(_note(note), _folded("Findings by rule", heads, [_rule(one) for one in audit.rules], 16))


def _rule(one: Tally) -> list[str]:
    name = joined(
        tag("button", one.name, type="button", class_="plain", data_rule=one.name),
        " ",
        tag("span", one.code if one.default else f"{one.code}, off in check", class_="chip"),
    )
    figures = [str(one.certain), str(one.likely), str(one.possible), str(one.files), str(one.causes)]
    return [name, _chip(one.severity), *figures, _at(one.worst)]


def _causes(audit: Audit) -> Markup:
    if not audit.causes:
        return EMPTY
    note = (
        "Places at which the traces of several findings end, or that several callers reach: one repair, many findings."
    )
    rows = [_cause(index, one) for index, one in enumerate(audit.causes)]
    return joined(_note(note), _folded("Root causes", ("findings>", "callers>", "function", "rules", "place"), rows))


def _cause(index: int, one: Cause) -> list[str]:
    name = short(one.symbol, one.place.path) or one.place.path
    button = tag("button", name, type="button", class_="plain mono", data_cause=index)
    return [str(len(one.findings)), str(one.callers), button, ", ".join(one.rules), _at(one.place)]


def _findings(audit: Audit) -> Markup:
    if not audit.findings:
        return _note("No findings.")
    names = sorted({finding.name for finding in audit.findings})

    def choice(name: str, label: str, options: Iterable[tuple[str, str]]) -> Markup:
        made = [tag("option", "any", value=""), *(tag("option", shown, value=value) for value, shown in options)]
        return tag("div", tag("label", label, for_=f"by-{name}"), tag("select", *made, id=f"by-{name}"))

    def words(name: str, label: str, look: str) -> Markup:
        box = tag("input", id=f"by-{name}", type="search", autocomplete="off", spellcheck="false")
        return tag("div", tag("label", label, for_=f"by-{name}"), box, class_=look)

    filters = tag(
        "div",
        tag("div", choice("rule", "Rule", ((name, name) for name in names)), class_="wide"),
        choice("severity", "Severity", ((one, one) for one in _SEVERITIES)),
        choice("sure", "At least", ((one, one) for one in _SURE)),
        tag(
            "div",
            choice("from", "Rules that are", (("default", "on by default"), ("strict", "off by default"))),
            class_="wide",
        ),
        words("path", "Path contains", "half"),
        words("text", "Message or function contains", "half"),
        id="filters",
        class_="filters",
        role="search",
        aria_label="Filter findings",
        hidden=True,
    )
    return joined(
        filters,
        tag(
            "div",
            tag("span", "", id="count", role="status", aria_live="polite", tabindex=-1),
            tag("button", "Show all", id="reset", type="button", hidden=True),
            class_="count",
        ),
        tag("div", id="list", class_="list"),
        tag("p", tag("button", "Show more", id="more", type="button", hidden=True)),
        Markup("<noscript>"),
        _folded(
            "Findings",
            ("finding", "severity", "confidence", "place"),
            [[one.message, _chip(one.severity), one.confidence.word, _at(one.place)] for one in audit.findings[:200]],
            200,
        ),
        Markup("</noscript>"),
    )


def _map(audit: Audit, found: Counter[str]) -> Markup:
    whole = audit.ownership.map
    if not whole.entries:
        return EMPTY
    first = drawn.overview(whole, found)
    left = f" The picture shows {first.entries} of them, those that show most." if first.left_out else ""
    told = f"{len(whole.entries)} of {len(whole.entries) + whole.silent} entries reach the end of a transaction.{left}"
    reached = drawn.reached(whole)
    weight = {entry: sum(found[whole.nodes[node].symbol] for node in reached[entry]) for entry in whole.entries}
    chosen = sorted(whole.entries, key=lambda entry: (-weight[entry], entry))[:_MOST_MAPS]
    order = sorted(chosen, key=lambda entry: (whole.nodes[entry].entry, whole.nodes[entry].symbol))
    options = [tag("option", "Those that show most" if first.left_out else "All", value="")]
    maps = []
    for entry in order:
        node = whole.nodes[entry]
        options.append(tag("option", _entry_name(node), value=entry))
        one = drawn.of_entry(whole, entry, found)
        more = f"; {one.left_out} more functions are left out" if one.left_out else ""
        words = f"What {_entry_name(node)} reaches{more}."
        maps.append(tag("template", one.svg, id=f"entry-{entry}", data_told=words))
    if len(order) < len(whole.entries):
        told += f" Single maps are there for the {len(order)} below which most is found."
    picker = tag(
        "div",
        tag("label", "Entry", tag("select", *options, id="entry"), for_="entry"),
        class_="picker",
        id="picker",
        hidden=True,
    )
    return joined(
        tag("p", told, class_="note", id="map-told", role="status"),
        picker,
        tag("div", first.svg, class_="mapbox", id="mapbox", tabindex=0, role="region", aria_label="Transaction map"),
        _legend({node.layer for node in whole.nodes}),
        *maps,
        _reach_table(audit, found),
    )


def _entry_name(node: Node) -> str:
    return node.entry if node.entry == node.name else f"{node.entry} {node.name}"


def _legend(layers: set[str]) -> Markup:
    def sample(*inner: Markup) -> Markup:
        return tag(
            "svg",
            *inner,
            class_="map",
            width=26,
            height=10,
            viewBox="0 0 26 10",
            aria_hidden="true",
            style="display:inline-block",
        )

    def line(how: str) -> Markup:
        return sample(tag("path", class_=f"w {how}", d="M1 5H25"))

    def dot(how: str) -> Markup:
        return sample(tag("circle", class_=how, cx=13, cy=5, r=4))

    items = [
        (dot("own"), "ends a transaction that it has opened"),
        (dot("end"), "ends one of others, or an ambient one"),
        (dot("given"), "gets its session from a provider"),
        (line("commits"), "call that carries a commit"),
        (line("session"), "call that carries a session"),
        (line("provides"), "session from a provider"),
        (line("runs"), "call without a session in it"),
    ]
    shown = [tag("li", mark, text) for mark, text in items]
    shown += [tag("li", _layer(layer)) for layer in sorted(layers, key=lambda one: (not one, one))]
    return tag("ul", *shown, class_="legend", aria_label="Legend")


def _reach_table(audit: Audit, found: Counter[str]) -> Markup:
    """The map in words: what each entry reaches."""
    whole = audit.ownership.map
    rows = []
    for entry, seen in drawn.reached(whole).items():
        reached = [whole.nodes[node] for node in seen]
        enders = [node for node in reached if node.ends]
        repositories = sum(node.layer == "repository" for node in reached)
        shown = ", ".join(node.name for node in enders[:3]) + (
            f" and {len(enders) - 3} more" if len(enders) > 3 else ""
        )
        node = whole.nodes[entry]
        rows.append(
            (
                (-sum(found[one.symbol] for one in reached), -len(enders), node.symbol),
                [
                    joined(_layer(node.layer), " ", _mono(_entry_name(node))),
                    str(len(reached) - 1),
                    str(repositories),
                    str(sum(node.ends for node in reached)),
                    _mono(shown),
                    str(sum(found[one.symbol] for one in reached)),
                ],
            )
        )
    heads = ("entry", "functions>", "repositories>", "ends>", "where transactions end", "findings>")
    return _folded("What each entry reaches", heads, [row for _, row in sorted(rows, key=lambda one: one[0])], 10)


def _owners(audit: Audit) -> Markup:
    endings = audit.ownership.endings
    if not endings:
        return _note("Nobody that is seen: no commit, and no block that commits.")
    note = (
        "By where the session comes from: opened in the same function, injected by a framework, received from a "
        "caller, or ambient, which is a module variable or a registry. Tests are left out."
    )
    rows = [
        [_layer(layer if layer != "other" else ""), *(count.replace("·", "0") for count in counts), _at(first.place)]
        for layer, counts, first in owners_by_layer(endings)
    ]
    by_layer = _table(
        "Ends of transactions by layer", ("layer", "opened>", "injected>", "received>", "ambient>", "for example"), rows
    )
    each = [
        [
            _mono(short(one.symbol, one.place.path)),
            _layer(one.layer),
            tag("code", one.text),
            one.origin,
            str(len(one.owners)),
            ", ".join(layer or "other" for layer in one.owner_layers),
            _at(one.place),
        ]
        for one in endings
    ]
    heads = ("function", "layer", "by", "session", "owners>", "layers of the owners", "place")
    return joined(_note(note), by_layer, tag("h3", "Each place"), _folded("Places that end transactions", heads, each))


def _layers(audit: Audit) -> Markup:
    owned = audit.ownership
    if not owned.layers:
        return EMPTY
    rows = []
    for one in owned.layers:
        reasons = [tag("li", f"{reason} ({count})") for reason, count in one.because]
        if one.reasons > len(one.because):
            reasons.append(tag("li", f"and {one.reasons - len(one.because)} more kinds of evidence"))
        evidence: str = tag("ul", *reasons, class_="flat") if reasons else "no evidence for any layer"
        rows.append([_layer(one.layer), str(one.functions), str(one.enders), evidence])
    table = _table("Layers and the evidence for them", ("layer", "functions>", "end transactions>", "evidence"), rows)
    kinds = [[_layer(one.layer), str(one.asynchronous), str(one.plain)] for one in owned.entries]
    sessions = [[tag("code", kind), str(count)] for kind, count in owned.sessions[:8]]
    beside = [
        tag("div", tag("h3", "Entries"), _table("Entries", ("layer", "async def>", "def>"), kinds)) if kinds else EMPTY,
        tag("div", tag("h3", "Sessions"), _table("Sessions", ("class", "calls>"), sessions)) if sessions else EMPTY,
    ]
    return joined(
        _note('Wrong? Say it in the settings: `layers.repository = ["app.storage.**"]`.'),
        table,
        tag("div", *beside, class_="columns"),
    )


def _budget(audit: Audit) -> Markup:
    budget = audit.budget
    if budget is None:
        return EMPTY
    verdicts = [
        tag("li", _state(server.state), " ", told.verdict(server), data_state=server.state) for server in budget.servers
    ]
    processes = [
        [
            one.name,
            one.target,
            str(one.replicas),
            str(one.processes),
            str(one.threads) if one.threads else "not declared",
            one.pgbouncer or "none",
            told.amount(one, one.each),
            told.amount(one, one.every),
        ]
        for one in budget.processes
    ]
    heads = ("process", "target", "replicas>", "processes>", "threads>", "PgBouncer", "each at most>", "all at most>")
    return joined(
        _note(
            "Every process is taken to use all engines that are counted. A pool opens `pool_size + max_overflow` "
            "connections at most, and no more than the process has threads, where they are declared."
        ),
        tag("ul", *verdicts, class_="flat verdicts"),
        tag("h3", "Processes"),
        _table("Connections by process", heads, processes),
        tag("h3", "Engines"),
        _engines("Engines that are counted", budget.engines) if budget.engines else _note("No engine of a server."),
        _listed("Not known", budget.unknown),
        _listed("Taken for granted", budget.assumed),
        _more_engines(budget.left_out),
    )


_STATES = {
    "over": ("too many", "error"),
    "within": ("fits", "info"),
    "unknown": ("not known", "warning"),
    "undeclared": ("no limit declared", "info"),
}


def _state(state: str) -> Markup:
    words, look = _STATES[state]
    return tag("span", words, class_=f"chip {look}")


def _engines(caption: str, engines: Sequence[Engine]) -> Markup:
    rows = [
        [
            tag("code", one.name),
            one.driver or "not known",
            told.pool(one),
            told.pre_ping(one),
            told.most(one),
            _settings(one),
            _at(one.place),
        ]
        for one in engines
    ]
    return _folded(caption, ("engine", "driver", "pool", "pre-ping", "at most>", "settings", "made at"), rows)


def _settings(engine: Engine) -> Markup:
    words = {"said": "", "default": " (default)", "assumed": " (default of a server)"}
    items = []
    for one in engine.settings:
        if one.how == "unknown":
            written: str = joined(" = ", tag("code", one.written)) if one.written else ""
            items.append(tag("li", joined(one.name, written, " (not known)")))
        elif one.how != "none":
            items.append(tag("li", f"{one.name} = {one.value}{words[one.how]}"))
    return tag("ul", *items, class_="flat")


def _listed(title: str, texts: Sequence[str]) -> Markup:
    if not texts:
        return EMPTY
    return joined(tag("h3", title), tag("ul", *(tag("li", _inline(text)) for text in texts), class_="flat"))


def _more_engines(engines: Sequence[Engine]) -> Markup:
    if not engines:
        return EMPTY
    rows = [[tag("code", one.name), one.left_out, told.pool(one), _at(one.place)] for one in engines]
    table = _folded("Engines that are not counted", ("engine", "why it is not counted", "pool", "made at"), rows)
    return tag("details", tag("summary", f"Engines that are not counted: {len(engines)}"), table, class_="more")


def _heat(audit: Audit) -> Markup:
    if not audit.paths:
        return EMPTY
    return tag(
        "div",
        tag("div", tag("h3", "Packages"), _bars(audit.packages), class_="panel"),
        tag("div", tag("h3", "Files"), _bars(audit.paths), class_="panel"),
        class_="columns",
    )


def _bars(heats: Sequence[Heat]) -> Markup:
    most = max(one.findings for one in heats)
    items = []
    for one in heats[:14]:
        parts = [
            tag("i", class_=look, style=f"width:{100 * count / most:.1f}%")
            for look, count in (("e", one.errors), ("w", one.warnings), ("i", one.infos))
            if count
        ]
        words = (
            f"{counted(one.errors, 'error')}, {counted(one.warnings, 'warning')}, {one.infos} info in {one.lines} lines"
        )
        items.append(
            tag(
                "li",
                tag("button", one.path, type="button", class_="plain mono", data_path=one.path),
                tag("span", *parts, class_="bar", aria_hidden="true"),
                tag(
                    "span",
                    str(one.findings),
                    tag("span", f" findings: {words}", class_="hidden-label"),
                    class_="n",
                    title=words,
                ),
            )
        )
    left = len(heats) - len(items)
    return joined(tag("ul", *items, class_="bars"), tag("p", f"and {left} more", class_="sub") if left > 0 else EMPTY)


def _unseen(audit: Audit) -> Markup:
    unseen = audit.unseen
    unknown = sum(count for _, count in unseen.unknown)
    parts: list[str] = [
        _note(
            f"{unseen.resolved:.1%} of the calls on sessions are known as such: {unseen.known}, and {unknown} on what "
            "is only called so. Findings can only be where calls are known."
        )
    ]
    if unseen.unknown:
        rows = [[why, str(count)] for why, count in unseen.unknown]
        parts.append(_table("Calls that are not known, by reason", ("why a call is not known", "calls>"), rows))
    for title, names in (
        ("Files that do not parse", unseen.unparsed),
        ("Functions that call each other in ways that were given up", unseen.unsettled),
        ("Rules that could not fire, because nothing that they are about occurs", unseen.idle),
        ("Rules that are off", tuple(f"{name}: {why}" for name, why in unseen.off)),
    ):
        if names:
            items = [tag("li", tag("code", name)) for name in names]
            parts.append(
                tag(
                    "details", tag("summary", f"{title}: {len(names)}"), tag("ul", *items, class_="flat"), class_="more"
                )
            )
    return joined(*parts)


def _suppressions(audit: Audit) -> Markup:
    if not audit.silenced:
        return _note("No comment hides a finding.")
    rows = [
        [one.name, one.kind, str(one.findings), one.reason or "none given", one.until, _at(one.place)]
        for one in audit.silenced
    ]
    note = f"{counted(audit.suppressed, 'finding')} hidden by {counted(len(audit.silenced), 'comment')}."
    heads = ("rule", "comment", "hides>", "reason", "until", "place")
    return joined(_note(note), _folded("Comments that hide findings", heads, rows))


# -- what the script shows --


def _data(audit: Audit) -> dict[str, object]:
    """The findings in few bytes: paths and rules by number, and each line of source once."""
    paths: dict[str, int] = {}
    rules: dict[str, int] = {}
    default = {one.name: one.default for one in audit.rules}
    codes = {one.name: one.code for one in audit.rules}
    lines: dict[int, dict[int, str]] = {}
    texts: dict[str, list[str]] = {}

    def number(path: str) -> int:
        return paths.setdefault(path, len(paths))

    def step(one: Step) -> list[object]:
        place = one.place
        keep(place)
        return [number(place.path), place.line, place.end_line, printable(one.text), int(one.main)]

    def keep(place: Place) -> None:
        if place.path not in texts:
            texts[place.path] = re.split(r"\r\n|\r|\n", audit.sources.get(place.path, ""))
        text = texts[place.path]
        kept = lines.setdefault(number(place.path), {})
        for at in range(place.line - _AROUND, min(place.end_line, place.line + 6) + _AROUND + 1):
            if 0 < at <= len(text) and (text[at - 1] or at <= place.line):
                kept.setdefault(at, printable(text[at - 1])[:_LONGEST])

    def row(finding: Finding) -> list[object]:
        place = finding.place
        alone = Step(place, finding.label or "here", finding.symbol, True)
        return [
            rules.setdefault(finding.name, len(rules)),
            _SEVERITIES.index(finding.severity.value),
            _SURE.index(finding.confidence.word),
            number(place.path),
            place.line,
            printable(finding.message),
            printable(short(finding.symbol, place.path)),
            [
                printable(finding.why),
                printable(finding.help),
                [printable(one) for one in finding.because],
                printable(finding.role),
                printable(finding.entry),
                [step(one) for one in finding.trace or (alone,)],
                [printable(one) for one in finding.legs],
            ],
        ]

    rows = [row(finding) for finding in audit.findings]
    return {
        "around": _AROUND,
        "severities": _SEVERITIES,
        "sure": _SURE,
        "rules": [[name, codes[name], default[name]] for name in rules],
        "paths": [printable(path) for path in paths],
        "lines": lines,
        "causes": [cause.findings for cause in audit.causes],
        "findings": rows,
    }
