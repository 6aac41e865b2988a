"use strict";
(() => {
  const said = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const at = (id) => document.getElementById(id);
  const BATCH = 50;

  /** An element with text or elements in it: text is text, whatever stands in it. */
  const make = (name, look, ...inner) => {
    const made = document.createElement(name);
    if (look) made.className = look;
    made.append(...inner);
    return made;
  };

  /** Text with its parts between backticks as code. */
  const rich = (words) => {
    const made = document.createDocumentFragment();
    words.split(/`([^`]+)`/).forEach((part, index) => made.append(index % 2 ? make("code", "", part) : part));
    return made;
  };

  // -- light and dark --
  const theme = at("theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const tellTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; tellTheme(); });
  tellTheme();
  theme.hidden = false;

  // -- findings --
  const showFindings = () => {
    const rows = said.findings.map((row, index) => ({
      index, rule: said.rules[row[0]], severity: said.severities[row[1]], sure: said.sure[row[2]], path: said.paths[row[3]],
      line: row[4], message: row[5], symbol: row[6], more: row[7],
    }));
    for (const row of rows) row.text = `${row.message} ${row.symbol} ${row.rule[0]} ${row.rule[1]}`.toLowerCase();
    const order = (row) => [said.severities.indexOf(row.severity), row.rule[2] ? 0 : 1, said.sure.indexOf(row.sure), row.index];
    rows.sort((left, right) => {
      const one = order(left), other = order(right), differs = one.findIndex((value, index) => value !== other[index]);
      return differs < 0 ? 0 : one[differs] - other[differs];
    });
    const list = at("list"), count = at("count"), more = at("more"), reset = at("reset");
    const inputs = ["rule", "severity", "sure", "from", "path", "text"].map((name) => at(`by-${name}`));
    const [rule, severity, sure, from, path, text] = inputs;
    let cause = null, shown = [], drawn = 0;

    const matches = (row, words, where) =>
      (!rule.value || row.rule[0] === rule.value) && (!severity.value || row.severity === severity.value) &&
      (!sure.value || said.sure.indexOf(row.sure) <= said.sure.indexOf(sure.value)) &&
      (!from.value || row.rule[2] === (from.value === "default")) && (!where || row.path.toLowerCase().includes(where)) &&
      (!cause || cause.has(row.index)) && words.every((word) => row.text.includes(word));

    const apply = () => {
      const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
      const where = path.value.trim().toLowerCase();
      shown = rows.filter((row) => matches(row, words, where));
      drawn = 0;
      list.replaceChildren();
      count.textContent = shown.length === rows.length ? `${rows.length} findings` : `${shown.length} of ${rows.length} findings${cause ? ", of one root cause" : ""}`;
      reset.hidden = shown.length === rows.length;
      draw();
    };

    const draw = () => {
      const batch = document.createDocumentFragment();
      for (const row of shown.slice(drawn, drawn + BATCH)) batch.append(entry(row));
      drawn = Math.min(shown.length, drawn + BATCH);
      list.append(batch);
      list.hidden = !shown.length;
      more.hidden = drawn >= shown.length;
      more.textContent = `Show ${Math.min(BATCH, shown.length - drawn)} more of ${shown.length - drawn}`;
    };

    const entry = (row) => {
      const details = make("details");
      const what = make("span", "what", rich(row.message), make("span", "where mono", `${row.path}:${row.line} ${row.symbol}`));
      details.append(make("summary", "", make("span", "", make("span", `chip ${row.severity}`, row.severity)), what, make("span", "sure", `${row.rule[0]} · ${row.sure}`)));
      details.addEventListener("toggle", () => { if (details.open && details.childElementCount === 1) details.append(body(row)); });
      return details;
    };

    const line = (name, value) => make("p", "", make("span", "tag", name), typeof value === "string" ? make("span", "", rich(value)) : value);

    const body = (row) => {
      const [why, help, because, role, entryName, trace, legs] = row.more;
      const made = make("div", "body");
      if (why) made.append(line("why", why));
      if (help) made.append(line("help", help));
      for (const one of because) made.append(line("note", one));
      if (role) made.append(line("layer", role));
      const steps = make("ol", "trace");
      steps.setAttribute("aria-label", entryName ? `Trace from ${entryName}` : "Trace");
      if (entryName) made.append(line("entry", entryName));
      for (const [file, first, last, what, isMain] of trace) {
        const step = make("li", isMain ? "main" : "", rich(what), " ", make("span", "where mono", `${said.paths[file]}:${first}`));
        step.append(excerpt(file, first, last));
        steps.append(step);
      }
      made.append(steps);
      if (legs.length > 1) made.append(line("callers", legs.join(", ")));
      made.append(line("rule", make("code", "", `sqla-lint rule ${row.rule[0]}`)));
      return made;
    };

    const excerpt = (file, first, last) => {
      const box = make("pre");
      box.tabIndex = 0;
      box.setAttribute("aria-label", `${said.paths[file]}, line ${first}`);
      for (let number = first - said.around; number <= Math.min(last, first + 6) + said.around; number++) {
        const source = (said.lines[file] || {})[number];
        if (source !== undefined) box.append(make("span", number >= first && number <= last ? "hit" : "", make("b", "", String(number)), source || " "));
      }
      return box.childElementCount ? box : "";
    };

    let waiting = 0;
    const soon = () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(apply); };
    for (const input of inputs) input.addEventListener("input", soon);
    more.addEventListener("click", () => {
      const next = list.childElementCount;
      draw();
      list.children[next]?.querySelector("summary").focus();
    });
    const clear = () => { for (const input of inputs) input.value = ""; cause = null; };
    reset.addEventListener("click", () => { clear(); apply(); text.focus(); });
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-rule], button[data-path], button[data-cause]");
      if (!button) return;
      clear();
      if (button.dataset.rule) rule.value = button.dataset.rule;
      if (button.dataset.path) path.value = button.dataset.path;
      if (button.dataset.cause) cause = new Set(said.causes[Number(button.dataset.cause)]);
      apply();
      at("findings").scrollIntoView();
      count.focus({ preventScroll: true });
    });
    at("filters").hidden = false;
    apply();

    // Everything is printed, not what happens to be drawn.
    addEventListener("beforeprint", () => { while (drawn < Math.min(shown.length, 500)) draw(); });
  };
  if (at("list")) showFindings();

  // -- the map of one entry --
  const pick = at("entry");
  if (pick) {
    const box = at("mapbox"), whole = [...box.childNodes], told = at("map-told");
    const all = told.textContent;
    pick.addEventListener("input", () => {
      const chosen = at(`entry-${pick.value}`);
      box.replaceChildren(...(chosen ? [chosen.content.cloneNode(true)] : whole));
      told.textContent = chosen ? chosen.dataset.told : all;
      box.scrollTo(0, 0);
    });
    at("picker").hidden = false;
  }

})();
