// Everything on the page is there without this; it adds the filter, copying and printing.
"use strict";
(function () {
  var root = document.documentElement;
  root.dataset.errors = "0";
  addEventListener("error", function () { root.dataset.errors = String(Number(root.dataset.errors) + 1); });

  // --- the filter of the clauses
  var form = document.getElementById("filter"), words = document.getElementById("words"), shown = document.getElementById("shown");
  var rows = Array.prototype.slice.call(document.querySelectorAll("tr[data-grade]"));
  var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
  function filter() {
    var grades = {}, wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean), count = 0;
    var differing = form.querySelector("input[name=differing]");
    form.querySelectorAll("input[name=grade]").forEach(function (box) { grades[box.value] = box.checked; });
    rows.forEach(function (row, i) {
      var fits = (!row.dataset.grade || row.dataset.grade.split(" ").some(function (g) { return grades[g]; })) &&
        (!differing || !differing.checked || row.dataset.differs) && wanted.every(function (w) { return texts[i].indexOf(w) >= 0; });
      row.hidden = !fits;
      if (fits) count++;
    });
    shown.textContent = count + " of " + rows.length + " clauses";
  }
  if (form) {
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", function (e) { e.preventDefault(); });
    form.addEventListener("reset", function () { setTimeout(filter); });
    words.addEventListener("keydown", function (e) {
      if (e.key === "Escape") { words.value = ""; filter(); }
    });
    filter();  // a browser that comes back may have kept what was chosen
  }

  // --- a link leads to something that can be seen
  function reveal() {
    var target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch (ignored) { return; }
    if (!target) return;
    if (target.hidden) form.reset(), rows.forEach(function (row) { row.hidden = false; });
    for (var at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // --- copying
  document.querySelectorAll("button.copy").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var source = document.getElementById(button.dataset.copy);
      function say(what) {
        button.textContent = what;
        setTimeout(function () { button.textContent = "Copy"; }, 2000);
      }
      function select() {
        getSelection().selectAllChildren(source);
        say(document.execCommand("copy") ? "Copied" : "Selected: copy it with the keyboard");
      }
      if (navigator.clipboard) navigator.clipboard.writeText(source.textContent).then(function () { say("Copied"); }, select);
      else select();
    });
  });

  // --- on paper nothing is closed
  var closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    closed.forEach(function (d) { d.open = true; });
  });
  addEventListener("afterprint", function () {
    closed.forEach(function (d) { d.open = false; });
    closed = [];
  });

  root.dataset.script = "ran";
})();
