// Filters and printing; the page is whole without them.
"use strict";
(function () {
  const root = document.documentElement;
  root.classList.add("js");
  const rows = Array.from(document.querySelectorAll("#clauses tbody tr"));
  const boxes = Array.from(document.querySelectorAll(".filters input[type=checkbox]"));
  const search = document.querySelector(".filters input[type=search]");
  const told = document.getElementById("told");

  function filter() {
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const word = search.value.trim().toLowerCase();
    let chapter = null, shown = 0, all = 0;
    for (const row of rows) {
      if (row.classList.contains("chapter-row")) { chapter = row; row.classList.add("gone"); continue; }
      const fits = wanted.has(row.dataset.verdict) && (!word || row.textContent.toLowerCase().includes(word));
      row.classList.toggle("gone", !fits);
      all += 1;
      if (fits) { shown += 1; if (chapter) chapter.classList.remove("gone"); }
    }
    told.textContent = shown === all ? "all " + all + " clauses" : shown + " of " + all + " clauses";
  }
  if (search) {
    boxes.forEach((box) => box.addEventListener("change", filter));
    search.addEventListener("input", filter);
    filter();
  }

  // A link into a folded transcript unfolds it; paper has everything unfolded.
  function unfold() {
    const place = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    for (let node = place; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    if (place) place.scrollIntoView();
  }
  window.addEventListener("hashchange", unfold);
  unfold();
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
})();
