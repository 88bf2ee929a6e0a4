"use strict";
(() => {
  // Texts reach the page as text nodes only: nothing in a cell is ever parsed as HTML.
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const n = data.row.length;
  const PAGE = 100, LONG = 1000, ACCEPT = 1, REJECT = 2, EDIT = 3;
  const WORDS = ["", "accept", "reject", "edit"];
  const decision = new Uint8Array(n);
  const typed = new Array(n).fill(null);
  const past = [], future = [];
  let shown = [], page = 0, active = -1, editing = -1, nDecided = 0, refocusing = false;

  // ---- what is known of a change
  const cell = (row, column) => {
    const code = data.cells[row][column];
    return code < 0 ? null : data.values[column][code];
  };
  const oldOf = (i) => cell(data.row[i], data.column[i]);
  const newOf = (i) => data.new[i];
  const isFlag = (i) => data.status[i] !== "repaired";
  const suggested = (i) => data.suggestion[i];
  const sure = (i) => (isFlag(i) ? data.p_error[i] : data.p_new[i]);
  const nameOf = (i) => data.columns[data.column[i]];
  const labelOf = (i) => data.labels[data.row[i]];

  const groups = new Map(), groupOf = new Int32Array(n), members = [];
  for (let i = 0; i < n; i++) {
    const key = data.column[i] + " " + data.kind[i] + (isFlag(i) ? " flag" : "");
    if (!groups.has(key)) { groups.set(key, members.length); members.push([]); }
    groupOf[i] = groups.get(key);
    members[groupOf[i]].push(i);
  }
  // Groups of many changes first; a person decides them at once.
  const rank = new Int32Array(members.length);
  members.map((m, g) => g).sort((a, b) => members[b].length - members[a].length || a - b)
    .forEach((g, place) => { rank[g] = place; });
  let texts = null;
  const textOf = (i) => {
    texts ??= Array.from({ length: n }, (_, k) =>
      [nameOf(k), labelOf(k), oldOf(k), newOf(k), data.reason[k]].join("\n").toLowerCase());
    return texts[i];
  };
  const byRow = new Map();
  data.row.forEach((row, i) => { byRow.has(row) ? byRow.get(row).push(i) : byRow.set(row, [i]); });

  // ---- elements
  function make(tag, options = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(options)) {
      if (key === "class") element.className = value;
      else if (value !== null) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }
  function visible(text, first = true, last = true, differs = false) {
    // Blanks at the ends, double ones and other white space can be the whole difference.
    const blanks = [" {2,}", "[\t\n\r\u00a0\u200b\ufeff]"];
    if (first || differs) blanks.push("^ ");
    if (last || differs) blanks.push(" $");
    const out = document.createDocumentFragment();
    text.split(new RegExp(`(${blanks.join("|")})`)).forEach((part, k) => {
      if (k % 2 === 0) { out.append(part); return; }
      const mark = part.replace(/[ \u00a0]/g, "␣").replace(/\t/g, "⇥").replace(/[\n\r]/g, "⏎")
        .replace(/[\u200b\ufeff]/g, "◌");
      out.append(make("span", { class: "blank", title: "white space" }, mark));
    });
    return out;
  }
  function shownValue(text, pieces, tag) {
    if (text === null) return make("span", { class: "absent" }, "missing");
    if (text === "") return make("span", { class: "absent" }, "empty text");
    const element = make("span", { class: "value" });
    if (text.length > LONG) {
      element.append(visible(text.slice(0, LONG / 4)), "…");
      return make("span", {}, element, make("span", { class: "quiet" }, ` (${number(text.length)} characters)`));
    }
    const parts = pieces ?? [[text, false]];
    parts.forEach(([part, differs], k) => {
      const shown = visible(part, k === 0, k === parts.length - 1, differs);
      element.append(differs ? make(tag, {}, shown) : shown);
    });
    return element;
  }
  function pieces(a, b) {
    // Longest common subsequence of what is between the common beginning and end.
    const left = Array.from(a), right = Array.from(b);
    let start = 0;
    const shorter = Math.min(left.length, right.length);
    while (start < shorter && left[start] === right[start]) start++;
    let end = 0;
    while (end < shorter - start && left.at(-1 - end) === right.at(-1 - end)) end++;
    const [a0, b0] = [left, right].map((all) => all.slice(start, all.length - end));
    const [same, other] = a0.length * b0.length <= 4000 ? common(a0, b0) : [[], []];
    return [marked(left, same), marked(right, other)];
    function marked(all, inside) {
      const out = [];
      all.forEach((character, k) => {
        const differs = k >= start && k < all.length - end && !inside[k - start];
        if (out.length && out.at(-1)[1] === differs) out.at(-1)[0] += character;
        else out.push([character, differs]);
      });
      return out;
    }
  }
  function common(a, b) {
    const width = b.length + 1, table = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        table[i * width + j] = a[i] === b[j] ? table[(i + 1) * width + j + 1] + 1
          : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
      }
    }
    const inA = new Array(a.length).fill(false), inB = new Array(b.length).fill(false);
    // Scattered single characters say less than two whole values side by side.
    if (table[0] * 2 < Math.max(a.length, b.length)) return [inA, inB];
    for (let i = 0, j = 0; i < a.length && j < b.length;) {
      if (a[i] === b[j]) { inA[i++] = true; inB[j++] = true; }
      else if (table[(i + 1) * width + j] >= table[i * width + j + 1]) i++;
      else j++;
    }
    return [inA, inB];
  }

  // ---- decisions, with undo
  function decide(items, word, value = null) {
    items = items.filter((i) => decision[i] !== word || typed[i] !== value);
    if (!items.length) return;
    const step = { items, before: items.map((i) => [decision[i], typed[i]]), after: [word, value] };
    past.push(step);
    future.length = 0;
    for (const i of items) write(i, word, value);
    changed(items);
  }
  function write(i, word, value) {
    nDecided += (word !== 0) - (decision[i] !== 0);
    decision[i] = word;
    typed[i] = value;
  }
  function undo() {
    const step = past.pop();
    if (!step) return;
    step.items.forEach((i, k) => write(i, ...step.before[k]));
    future.push(step);
    changed(step.items, true);
  }
  function redo() {
    const step = future.pop();
    if (!step) return;
    step.items.forEach((i) => write(i, ...step.after));
    past.push(step);
    changed(step.items, true);
  }
  function changed(items, show = false) {
    keep();
    if (show && shown.includes(items[0])) goTo(items[0]);
    render();
  }
  const canAccept = (i) => !isFlag(i);
  function decideGroup(group, word) {
    const items = shown.filter((i) => groupOf[i] === group);
    if (word === 0) return decide(items.filter((i) => decision[i]), 0);
    const open = items.filter((i) => !decision[i] && (word !== ACCEPT || canAccept(i)));
    decide(open, word);
  }

  // ---- kept across reloads
  const key = "skanomaly-review:" + data.id;
  let timer = 0;
  function keep() {
    clearTimeout(timer);
    timer = setTimeout(store, 250);
  }
  function store() {
    const all = [];
    decision.forEach((word, i) => { if (word) all.push([i, word, typed[i]]); });
    try { localStorage.setItem(key, JSON.stringify(all)); } catch {
      byId("warning").textContent =
        "This browser does not keep the decisions when the page is closed: download them before.";
      byId("warning").hidden = false;
    }
  }
  function restore() {
    try {
      for (const [i, word, value] of JSON.parse(localStorage.getItem(key) ?? "[]")) {
        if (i < n && WORDS[word]) write(i, word, value);
      }
    } catch { /* nothing was kept */ }
  }
  addEventListener("pagehide", store);

  // ---- what is shown
  function select() {
    const query = byId("query").value.toLowerCase(), column = byId("column").value;
    const kind = byId("kind").value, status = byId("status").value, decided = byId("decided").value;
    shown = [];
    for (let i = 0; i < n; i++) {
      if (column !== "" && data.column[i] !== +column) continue;
      if (kind !== "" && data.kind[i] !== +kind) continue;
      if (status !== "" && isFlag(i) !== (status === "flagged")) continue;
      if (decided !== "" && decision[i] !== +decided) continue;
      if (query !== "" && !textOf(i).includes(query)) continue;
      shown.push(i);
    }
    const p = (i) => sure(i) ?? 0;
    const orders = {
      group: (a, b) => rank[groupOf[a]] - rank[groupOf[b]] || a - b,
      least: (a, b) => isFlag(b) - isFlag(a) || p(a) - p(b) || a - b,
      most: (a, b) => isFlag(a) - isFlag(b) || p(b) - p(a) || a - b,
      table: (a, b) => data.row[a] - data.row[b] || data.column[a] - data.column[b],
    };
    shown.sort(orders[byId("order").value]);
    page = 0;
    active = shown.length ? shown[0] : -1;
    editing = -1;
    render();
  }
  const nPages = () => Math.max(1, Math.ceil(shown.length / PAGE));
  function goTo(i) {
    const place = shown.indexOf(i);
    if (place < 0) return;
    page = Math.floor(place / PAGE);
    active = i;
    editing = -1;
  }
  function turn(by) {
    page = Math.min(Math.max(page + by, 0), nPages() - 1);
    active = shown[page * PAGE] ?? -1;
    editing = -1;
    render();
    focusActive();
  }
  function move(by) {
    const place = shown.indexOf(active) + by;
    if (place < 0 || place >= shown.length) return;
    goTo(shown[place]);
    render();
    focusActive();
  }
  function nextOpen() {
    const place = shown.indexOf(active);
    const found = shown.slice(place + 1).find((i) => !decision[i]) ?? shown.find((i) => !decision[i]);
    if (found === undefined) return;
    goTo(found);
    render();
    focusActive();
  }
  function focusActive() {
    const row = byId("body").querySelector("tr.active");
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  }

  // ---- the list
  function render() {
    const body = byId("body"), rows = document.createDocumentFragment();
    const grouped = byId("order").value === "group", part = shown.slice(page * PAGE, (page + 1) * PAGE);
    let group = -1;
    for (const i of part) {
      if (grouped && groupOf[i] !== group) rows.append(groupRow(group = groupOf[i]));
      rows.append(itemRow(i));
      if (i === active) rows.append(restRow(i));
    }
    const at = document.activeElement, focus = body.contains(at) ? focusKey(at) : null;
    body.replaceChildren(rows);
    // The focus comes back to where it was, which makes no other change the active one.
    refocusing = true;
    if (focus) (body.querySelector(focus) ?? body.querySelector("tr.active"))?.focus({ preventScroll: true });
    refocusing = false;
    byId("empty").hidden = shown.length > 0;
    byId("list").hidden = shown.length === 0;
    const first = shown.length ? page * PAGE + 1 : 0, last = page * PAGE + part.length;
    document.querySelectorAll(".pages").forEach((nav) => {
      nav.hidden = nPages() < 2;
      nav.querySelector(".place").textContent =
        `${number(first)} to ${number(last)} of ${number(shown.length)}`;
      nav.querySelector('[data-page="-1"]').disabled = page === 0;
      nav.querySelector('[data-page="1"]').disabled = page >= nPages() - 1;
    });
    const all = shown.length === n ? "" : `${number(shown.length)} shown, `;
    byId("state").textContent = `${all}${number(nDecided)} of ${number(n)} decided`;
    byId("progress").value = n ? nDecided / n : 1;
    byId("undo").disabled = !past.length;
    byId("redo").disabled = !future.length;
  }
  function focusKey(element) {
    const row = element.closest("tr");
    if (!row) return null;
    const own = row.dataset.i === undefined ? `tr[data-g="${row.dataset.g}"]` : `tr[data-i="${row.dataset.i}"]`;
    return element.dataset.do ? `${own} [data-do="${element.dataset.do}"]` : own;
  }
  const number = (value) => value.toLocaleString("en-US");
  function groupRow(group) {
    const all = shown.filter((i) => groupOf[i] === group), i = all[0];
    const open = all.filter((k) => !decision[k]).length;
    const what = isFlag(i) ? "flag" : "change";
    const line = make("div", { class: "group-line" },
      make("b", {}, nameOf(i)), make("span", {}, data.kinds[data.kind[i]]),
      make("span", { class: "quiet" },
        `${number(all.length)} ${what}${all.length === 1 ? "" : "s"}, ${number(all.length - open)} decided`));
    const buttons = make("span", { class: "actions" });
    const say = `${nameOf(i)}: ${data.kinds[data.kind[i]]}`;
    const add = (word, text, label, off) => {
      const button = make("button", { type: "button", "data-do": word, "aria-label": `${label}, ${say}` }, text);
      button.disabled = off;
      buttons.append(button);
    };
    if (!isFlag(i)) add("accept-group", `Accept ${number(open)}`, `Accept ${open} undecided`, open === 0);
    const no = isFlag(i) ? "Keep" : "Reject";
    add("reject-group", `${no} ${number(open)}`, `${no} ${open} undecided`, open === 0);
    add("clear-group", "Clear", "Clear all decisions", open === all.length);
    line.append(buttons);
    return make("tr", { class: "group", role: "row", "data-g": group }, make("td", { colspan: 6, role: "cell" }, line));
  }
  function itemRow(i) {
    const before = oldOf(i), edited = decision[i] === EDIT;
    const after = edited ? typed[i] : newOf(i) ?? suggested(i);
    const short = before !== null && after !== null && Math.max(before.length, after.length) <= LONG;
    const parts = short ? pieces(before, after) : [null, null];
    const row = make("tr", { class: i === active ? "item active" : "item", role: "row", "data-i": i,
      "data-decision": decision[i], tabindex: i === active ? 0 : -1 });
    row.append(
      make("td", { class: "where", role: "cell" }, make("b", {}, nameOf(i)), make("span", {}, `row ${labelOf(i)}`)),
      make("td", { class: "old", role: "cell" }, shownValue(before, parts[0], "del")),
      make("td", { class: "new", role: "cell" }, i === editing ? editor(i) : newCell(i, after, parts[1], edited)),
      make("td", { class: "p", role: "cell" }, percent(sure(i))),
      make("td", { class: "why", role: "cell" }, data.reason[i]),
      make("td", { class: "decision", role: "cell" }, buttonsOf(i)));
    return row;
  }
  function newCell(i, after, parts, edited) {
    const out = document.createDocumentFragment();
    if (edited) out.append(shownValue(after, parts, "ins"), make("span", { class: "quiet" }, " (typed)"));
    else if (newOf(i) !== null) out.append(shownValue(after, parts, "ins"));
    else if (after !== null) out.append(shownValue(after, parts, "ins"), make("span", { class: "quiet" }, " ? not sure"));
    else out.append(make("span", { class: "absent" }, "flagged only"));
    return out;
  }
  const percent = (p) => (p === null ? "" : p >= 0.9995 ? "> 99.9 %" : `${(100 * p).toFixed(1)} %`);
  function buttonsOf(i) {
    const box = make("span", { class: "decide" }), where = `${nameOf(i)}, row ${labelOf(i)}`;
    const add = (word, text, on, label) => box.append(make("button", {
      type: "button", "data-do": word, "aria-pressed": on === null ? null : String(on), "aria-label": `${label}: ${where}` }, text));
    if (canAccept(i)) add("accept", "Accept", decision[i] === ACCEPT, "Accept");
    else if (suggested(i) !== null) add("use", "Use", decision[i] === EDIT && typed[i] === suggested(i), "Use the suggested value");
    add("reject", isFlag(i) ? "Keep" : "Reject", decision[i] === REJECT, isFlag(i) ? "Keep the old value" : "Reject");
    add("edit", "Edit", decision[i] === EDIT, "Type another value");
    return box;
  }
  function editor(i) {
    const start = decision[i] === EDIT ? typed[i] : newOf(i) ?? suggested(i) ?? oldOf(i);
    const input = make("input", { type: "text", "data-do": "input", spellcheck: "false", autocomplete: "off",
      "aria-label": `Right value of ${nameOf(i)}, row ${labelOf(i)}`, placeholder: "nothing: missing" });
    input.value = start ?? "";
    return make("span", { class: "edit" }, input,
      make("button", { type: "button", "data-do": "save" }, "Save"),
      make("button", { type: "button", "data-do": "cancel" }, "Cancel"));
  }
  function restRow(i) {
    const list = make("dl"), row = data.row[i];
    const others = new Map(byRow.get(row).map((k) => [data.column[k], k]));
    data.columns.forEach((name, column) => {
      if (column === data.column[i]) return;
      const other = others.has(column);
      list.append(make("div", { class: other ? "other" : "", title: other ? "also changed or flagged" : null },
        make("dt", {}, name), make("dd", {}, shownValue(cell(row, column), null, ""))));
    });
    return make("tr", { class: "rest", role: "row" }, make("td", { colspan: 6, role: "cell" }, list));
  }
  function edit(i) {
    goTo(i);
    editing = i;
    render();
    const input = byId("body").querySelector("input");
    input.focus();
    input.select();
  }
  function save() {
    const i = editing, text = byId("body").querySelector("input").value;
    editing = -1;
    decide([i], EDIT, text === "" ? null : text);
    render();
    focusActive();
  }
  function cancel() {
    editing = -1;
    render();
    focusActive();
  }
  function decideActive(word) {
    if (active < 0) return;
    if (word !== ACCEPT || canAccept(active)) decide([active], word);
    else if (suggested(active) !== null) decide([active], EDIT, suggested(active));
    else return;
    if (word) move(1);
    focusActive();
  }

  // ---- events
  const act = {
    accept: (i) => decide([i], decision[i] === ACCEPT ? 0 : ACCEPT),
    reject: (i) => decide([i], decision[i] === REJECT ? 0 : REJECT),
    use: (i) => decide([i], EDIT, suggested(i)),
    edit, save, cancel,
  };
  byId("body").addEventListener("click", (event) => {
    const row = event.target.closest("tr"), button = event.target.closest("button");
    if (row?.dataset.g !== undefined && button) {
      const word = { "accept-group": ACCEPT, "reject-group": REJECT, "clear-group": 0 }[button.dataset.do];
      return decideGroup(+row.dataset.g, word);
    }
    if (row?.dataset.i === undefined || event.target.closest("input")) return;
    const i = +row.dataset.i;
    if (button) { active = i; act[button.dataset.do](i); if (editing < 0) render(); return; }
    if (i !== active && !String(getSelection())) { active = i; editing = -1; render(); focusActive(); }
  });
  byId("body").addEventListener("focusin", (event) => {
    const row = event.target.closest("tr.item");
    if (!row || refocusing || editing >= 0 || +row.dataset.i === active) return;
    byId("body").querySelector("tr.active")?.classList.remove("active");
    row.classList.add("active");
    active = +row.dataset.i;
  });
  const keys = {
    j: () => move(1), arrowdown: () => move(1), k: () => move(-1), arrowup: () => move(-1), n: nextOpen,
    a: () => decideActive(ACCEPT), r: () => decideActive(REJECT), c: () => decideActive(0), e: () => active >= 0 && edit(active),
    u: undo, y: redo, "[": () => turn(-1), "]": () => turn(1), "/": () => byId("query").focus(), "?": () => byId("help").showModal(),
  };
  const groupKeys = { A: ACCEPT, R: REJECT, C: 0 };
  addEventListener("keydown", (event) => {
    const field = event.target.closest?.("input, select, textarea"), name = event.key;
    if (event.target.dataset?.do === "input") {
      if (name === "Enter") { event.preventDefault(); save(); }
      if (name === "Escape") cancel();
      return;
    }
    if (name === "Escape" && event.target === byId("query")) { byId("query").value = ""; select(); focusActive(); return; }
    if (field || byId("help").open || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      const both = { z: undo, y: redo }[name.toLowerCase()];
      if (both) { event.preventDefault(); both(); }
      return;
    }
    const arrow = name.startsWith("Arrow") && byId("body").contains(event.target);
    if (!byId("keys").checked && !arrow) return;
    if (name.startsWith("Arrow") && !arrow && event.target !== document.body) return;
    if (event.shiftKey && name in groupKeys) {
      event.preventDefault();
      if (active >= 0) decideGroup(groupOf[active], groupKeys[name]);
      return;
    }
    const run = keys[name.toLowerCase()];
    if (run) { event.preventDefault(); run(); }
  });
  let waiting = 0;
  byId("query").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(select, 120); });
  for (const id of ["column", "kind", "status", "decided", "order"]) byId(id).addEventListener("change", select);
  byId("tools").addEventListener("submit", (event) => { event.preventDefault(); select(); });
  document.querySelectorAll("[data-page]").forEach((button) =>
    button.addEventListener("click", () => { turn(+button.dataset.page); }));
  byId("undo").addEventListener("click", undo);
  byId("redo").addEventListener("click", redo);
  byId("help-open").addEventListener("click", () => byId("help").showModal());
  byId("help-close").addEventListener("click", () => byId("help").close());

  // ---- the decisions as a file; `for_spreadsheet` in utils/_spreadsheet.py is the same
  const PLAIN = /^-?(?=[\d.]{1,16}$)(0|[1-9]\d{0,14})(\.\d*[1-9])?$/;
  const FORMULA = /^\s*[=+\-@'\t\r\n＝＋－＠]/, INSIDE = /(?<=[;\t\r\n])(?=[=+\-@'])/g;
  const MONTH = /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[^\p{L}\p{N}]*\d/iu;
  function forSpreadsheet(text) {
    if (text === null) return "";
    const mistaken = !PLAIN.test(text) && ((/\p{N}/u.test(text) && !/^\p{L}/u.test(text)) ||
      /^(true|false)$/i.test(text) || MONTH.test(text) || FORMULA.test(text));
    text = text.replace(INSIDE, "'");
    return text === "" || mistaken || FORMULA.test(text) ? "'" + text : text;
  }
  // A cell is emptied by a word of its own: an edit without a value could be a slip.
  const wordOf = (i) => (decision[i] === EDIT && !typed[i] ? "empty" : WORDS[decision[i]]);
  function asCsv() {
    const quote = (text) => `"${text.replaceAll('"', '""')}"`;
    const lines = [["row", "column", "old", "new", "p_new", "p_error", "status", "kind", "reason", "decision", "value"]];
    const plain = (value) => (value === null ? "" : String(value));
    for (let i = 0; i < n; i++) {
      const cells = [labelOf(i), nameOf(i), oldOf(i), newOf(i)].map(forSpreadsheet);
      cells.push(plain(data.p_new[i]), plain(data.p_error[i]), data.status[i]);
      cells.push(forSpreadsheet(data.kinds[data.kind[i]]), forSpreadsheet(data.reason[i]), wordOf(i));
      cells.push(decision[i] === EDIT && typed[i] ? forSpreadsheet(typed[i]) : "");
      lines.push(cells);
    }
    // The mark at the start tells spreadsheets that this is UTF-8.
    return "\ufeff" + lines.map((line) => line.map(quote).join(",") + "\r\n").join("");
  }
  byId("download").addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([asCsv()], { type: "text/csv;charset=utf-8" }));
    const link = make("a", { href: url, download: "decisions.csv" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  });

  // ---- start
  function options(select, names) {
    byId(select).append(make("option", { value: "" }, "all"),
      ...names.map(([value, text]) => make("option", { value }, text)));
  }
  const used = [...new Set(data.column)].sort((a, b) => a - b);
  options("column", used.map((column) => [column, data.columns[column]]));
  options("kind", data.kinds.map((name, kind) => [kind, name]));
  restore();
  byId("app").hidden = false;
  select();
  byId("plain").remove();
})();
