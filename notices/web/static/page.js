/* What makes the page smoother; everything works without it. */
"use strict";

// Keyboard: the arrow keys (or j and k) follow the links to the next and the previous, "/" goes to the search.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable], .table");
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const rel = { ArrowRight: "next", j: "next", ArrowLeft: "prev", k: "prev" }[event.key];
  const link = rel && document.querySelector(`a[rel="${rel}"]`);
  if (link) {
    event.preventDefault();
    link.click();
  } else if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

// A second click sends no form a second time; the server would do nothing twice anyway.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 3000);
});

// A drop-down of a filter applies at once if it was chosen by pointer; the arrow keys change it at every step.
let pointed = false;
document.addEventListener("pointerdown", () => (pointed = true), true);
document.addEventListener("keydown", () => (pointed = false), true);
document.addEventListener("change", (event) => {
  const form = event.target.closest("form.filter");
  if (pointed && form && event.target.matches("select")) form.requestSubmit();
});

// A file may be dropped onto the whole area of its field.
document.addEventListener("dragover", (event) => {
  const area = event.target.closest(".drop");
  if (area) {
    event.preventDefault();
    area.classList.add("over");
  }
});
document.addEventListener("dragleave", (event) => {
  const area = event.target.closest(".drop");
  if (area) area.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  const area = event.target.closest(".drop");
  if (!area) return;
  event.preventDefault();
  area.classList.remove("over");
  const input = area.querySelector("input[type=file]");
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

// Doubtful marks: a digit ticks the box of the first slip that is not settled, Enter settles it.
document.addEventListener("keydown", (event) => {
  const form = document.querySelector("form.scan");
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea, a, button");
  if (!form || typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = /^[1-9]$/.test(event.key) && form.querySelector(`input[data-key="${event.key}"]`);
  if (box) {
    event.preventDefault();
    box.checked = !box.checked;
    box.focus();
  } else if (event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit();
  }
});
