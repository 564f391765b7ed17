// Search, filters, orders, copying, keys, printing, values of plots; the page is whole without them.
"use strict";
(function () {
  const root = document.documentElement;
  const one = (selector, from) => (from || document).querySelector(selector);
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));
  root.classList.add("js");

  // The address keeps what is shown and how, so that it can be passed on.
  const kept = new URLSearchParams(location.search);
  function keep(name, value) {
    if (value) kept.set(name, value); else kept.delete(name);
    const query = kept.toString();
    try {
      history.replaceState(null, "", location.pathname + (query ? "?" + query : "") + location.hash);
    } catch (refused) { /* a browser may keep the address of a file as it is: everything else works */ }
  }

  // Search and filters: all words must occur, over findings and clauses alike.
  const field = one("input[name=q]"), boxes = all("#verdicts input"), told = one("#told");
  const clauses = all("#clause-table tbody tr:not(.chapter-row)"), lines = all("#more tbody tr");
  const found = all(".found"), parts = all(".findable");
  const cards = all(".finding").filter((card) => !card.parentElement.closest(".finding"));
  const texts = new Map();
  function textOf(node) {
    if (!texts.has(node)) {
      const own = Array.from(node.children).filter((part) => !part.classList.contains("also"));
      texts.set(node, own.map((part) => part.textContent).join(" ").toLowerCase());
    }
    return texts.get(node);
  }
  function hide(node, hidden) { node.classList.toggle("gone", hidden); return hidden ? 0 : 1; }

  function filter() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const out = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
    const there = (node) => !out.has(node.dataset.verdict);
    const fits = (node) => there(node) && words.every((word) => textOf(node).includes(word));
    let findings = 0, rows = 0, chapter = null;
    for (const card of cards) {
      const own = fits(card), beneath = all(".finding", card), found = beneath.filter(fits);
      const hidden = !own && !found.length;
      findings += hide(card, hidden);
      for (const other of beneath) {
        findings += hide(other, hidden || !there(other) || !(own || found.includes(other)));
      }
      if (words.length && !own && found.length) one(".also", card).open = true;
    }
    for (const line of lines) findings += hide(line, !fits(line));
    if (words.length && lines.length) one("#more").open = true;
    for (const row of all("#clause-table tbody tr")) {
      if (row.classList.contains("chapter-row")) { chapter = row; hide(row, true); continue; }
      const shown = hide(row, !fits(row));
      rows += shown;
      if (shown && chapter) hide(chapter, false);
    }
    let seen = 0;
    for (const row of found) seen += hide(row, !fits(row));
    for (const part of parts) hide(part, !one(".found:not(.gone)", part));
    const every = all(".finding").length + lines.length, counts = [];
    if (every) counts.push(findings + " of " + every + " findings");
    if (clauses.length) counts.push(rows + " of " + clauses.length + " clauses");
    if (found.length) counts.push(seen + " of " + found.length + " lines");
    told.textContent = counts.join(", ");
  }
  function filtered() {
    keep("q", field.value.trim());
    keep("without", boxes.filter((box) => !box.checked).map((box) => box.value).join(","));
    filter();
  }
  function everything() {
    field.value = "";
    boxes.forEach((box) => { box.checked = true; });
    filtered();
  }

  // Orders: of the findings, and of the table of clauses by any of its columns, both ways.
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const select = one("select[name=sort]"), body = one("#clause-table tbody"), heads = all("#clause-table th[data-order]");
  const written = body ? Array.from(body.children) : [];
  function sortCards() {
    const by = {
      clause: (a, b) => compare(a.dataset.clause, b.dataset.clause),
      count: (a, b) => b.dataset.count - a.dataset.count,
    };
    const found = cards.filter((card) => card.closest("#cards"));
    one("#cards").append(...(by[select.value] ? found.sort(by[select.value]) : found));
  }
  function sortClauses(wanted) {
    const name = wanted.replace("-", ""), back = wanted.startsWith("-");
    const head = heads.find((other) => other.dataset.order === name);
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    body.classList.toggle("mixed", Boolean(head));
    if (!head) { body.append(...written); return; }
    head.setAttribute("aria-sort", back ? "descending" : "ascending");
    const ranks = (head.dataset.ranks || "").split(" "), place = Array.from(head.parentElement.children).indexOf(head);
    const value = head.dataset.ranks ? (row) => String(ranks.indexOf(row.dataset.verdict)) : (row) => row.children[place].textContent;
    const sorted = clauses.map((row) => [value(row), row]).sort((a, b) => (back ? -1 : 1) * compare(a[0], b[0]));
    body.append(...sorted.map((pair) => pair[1]));
  }
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const name = head.dataset.order, now = kept.get("order");
      const next = now === name ? "-" + name : now === "-" + name ? "" : name;
      keep("order", next);
      sortClauses(next);
    });
  }

  // A link into what is folded unfolds it, and a link to what is filtered out shows everything again.
  function unfold() {
    const place = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    if (!place) return;
    if (place.closest(".gone")) everything();
    if (place.closest(".mixed .chapter-row")) { keep("order", ""); sortClauses(""); }
    for (let node = place; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    place.scrollIntoView();
  }

  if (field) {
    const bar = one(".search");
    new ResizeObserver(() => root.style.setProperty("--bar", bar.offsetHeight + "px")).observe(bar);
    field.value = kept.get("q") || "";
    const out = (kept.get("without") || "").split(",");
    boxes.forEach((box) => { box.checked = !out.includes(box.value); box.addEventListener("change", filtered); });
    field.addEventListener("input", filtered);
    filter();
    if (body) sortClauses(kept.get("order") || "");
    if (select) {
      select.value = Array.from(select.options).some((option) => option.value === kept.get("sort")) ? kept.get("sort") : "";
      select.addEventListener("change", () => { keep("sort", select.value); sortCards(); });
      if (select.value) sortCards();
    }
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  // Keys, which can be switched off.
  const keys = one("input[name=keys]");
  function step(by) {
    const shown = all("#cards > .finding:not(.gone)");
    const here = shown.indexOf(document.activeElement && document.activeElement.closest("#cards > .finding"));
    const next = shown[here < 0 ? (by > 0 ? 0 : shown.length - 1) : here + by];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView(); }
  }
  if (keys) {
    keys.checked = kept.get("keys") !== "off";
    keys.addEventListener("change", () => keep("keys", keys.checked ? "" : "off"));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && field && event.target === field) { everything(); return; }
      const typing = event.target.closest("input:not([type=checkbox]), select");
      if (!keys.checked || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "/" && field) { event.preventDefault(); field.focus(); field.select(); }
      if (event.key === "n") step(1);
      if (event.key === "p") step(-1);
    });
  }

  // Copying: a command as it stands, a transcript as text.
  const said = one("#said");
  let quiet = 0;
  function transcript(card) {
    return all("li", one(".steps", card)).map((step) => {
      const head = "#" + step.dataset.number + " " + one("strong", step).textContent;
      return [head, ...all("pre", step).map((part) => part.textContent.trim())].join("\n\n");
    }).join("\n\n\n") + "\n";
  }
  async function copy(text) {
    try { await navigator.clipboard.writeText(text); return true; } catch (refused) { /* an older way is left */ }
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const what = button.dataset.copy, card = button.closest(".finding");
    const text = what === "transcript" ? transcript(card) : one("[data-text=" + what + "]", card).textContent;
    const done = await copy(text);
    said.textContent = done ? "Copied the " + what : "The browser does not let this page copy";
    button.classList.toggle("done", done);
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      all(".copy.done").forEach((other) => other.classList.remove("done"));
      said.textContent = "";
    }, 2000);
  });

  // Paper: what stands on it beside the short form.
  const papers = all("#paper input");
  function choose(event) {
    const named = (name) => papers.find((box) => box.value === name);
    if (event.target === named("transcripts") && event.target.checked) named("findings").checked = true;
    if (event.target === named("findings") && !event.target.checked) named("transcripts").checked = false;
    papers.forEach((box) => root.classList.toggle("p-" + box.value, box.checked));
    root.classList.toggle("p-any", papers.some((box) => box.checked));
  }
  papers.forEach((box) => box.addEventListener("change", choose));
  if (papers.length) one("#print").addEventListener("click", () => window.print());

  // Plots: the values at the pointer, or, with the arrow keys, at one second after the other.
  const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
  const labels = {
    seconds: (x) => "second " + Math.round(x),
    nines: (x) => number.format(100 * (1 - Math.pow(10, -x))) + " % of answers",
  };
  function nearest(points, x) {
    let best = null;
    for (const point of points) if (!best || Math.abs(point[0] - x) < Math.abs(best[0] - x)) best = point;
    return best;
  }
  for (const figure of all("figure.plot")) {
    const plot = JSON.parse(figure.dataset.plot), drawing = one(".drawing", figure);
    const cursor = one(".cursor", figure), values = one(".values", figure);
    const [left, right] = plot.across, [first, last] = plot.range, main = plot.series[0].points;
    let at = null;
    const leave = () => { cursor.hidden = values.hidden = true; at = null; };
    const show = (wanted) => {
      at = nearest(main, wanted)[0];
      const place = left + (right - left) * (at - first) / (last - first);
      values.replaceChildren(labels[plot.scale](at));
      for (const series of plot.series) {
        const point = nearest(series.points, at);
        if (!point || Math.abs(point[0] - at) > plot.reach) continue;
        const line = document.createElement("span");
        line.style.setProperty("--tone", series.colour);
        line.textContent = series.name + " " + number.format(point[1]) + plot.unit;
        values.append(line);
      }
      cursor.style.left = 100 * place + "%";
      values.style.left = place < 0.5 ? "calc(" + 100 * place + "% + 8px)" : "auto";
      values.style.right = place < 0.5 ? "auto" : "calc(" + 100 * (1 - place) + "% + 8px)";
      cursor.hidden = values.hidden = false;
    };
    const pointed = (event) => {
      const box = drawing.getBoundingClientRect();
      show(first + (last - first) * ((event.clientX - box.left) / box.width - left) / (right - left));
    };
    drawing.addEventListener("pointermove", pointed);
    drawing.addEventListener("pointerdown", pointed);
    drawing.addEventListener("pointerleave", leave);
    figure.addEventListener("blur", leave);
    figure.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const here = main.findIndex((point) => point[0] === at);
      show(main[Math.min(Math.max(here + by, 0), main.length - 1)][0]);
    });
  }
})();
