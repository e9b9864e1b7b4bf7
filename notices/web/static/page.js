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

// What another browser or the command line changes is seen here within two seconds: tables renew themselves, other
// changes are said above the page. A page with a form is never loaded again by itself.
const known = document.body.dataset;
if (known.moment) {
  const PAUSE = 1500; // milliseconds
  const signs = (page) => {
    const copy = page.querySelector("main").cloneNode(true);
    copy.querySelectorAll("#live, .news, [data-own]").forEach((part) => part.remove());
    const chosen = [...copy.querySelectorAll("[selected], [checked]")].map((it) => it.value);
    return `${copy.textContent} ${chosen}`.replace(/\s+/g, " ");
  };
  let moment = known.moment;
  let shown = signs(document);
  let waiting, ended;

  const isSelected = (part) => !getSelection().isCollapsed && part.contains(getSelection().anchorNode);
  const renew = (page) => {
    document.querySelectorAll("[data-renews]").forEach((old) => {
      const part = page.getElementById(old.id);
      if (!part || old.contains(document.activeElement) || isSelected(old)) return;
      const places = [...old.querySelectorAll(".table")].map((it) => [it.scrollLeft, it.scrollTop]);
      old.replaceWith(part);
      part.querySelectorAll(".table").forEach((it, at) => places[at] && it.scrollTo(...places[at]));
      if (window.htmx) window.htmx.process(part);
    });
  };

  const told = () => {
    const news = document.getElementById("news").content.cloneNode(true);
    if (known.newest) news.querySelector("a").href = known.newest;
    document.getElementById("main").prepend(news);
  };

  // Return whether the page is to go on looking.
  const looked = async () => {
    const answer = await fetch(`${known.news}?seen=${moment}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 204) return true;
    if (!answer.ok) return answer.status >= 500; // else who was logged in is not any more
    const now = await answer.text();
    if (!known.newest) {
      const page = await fetch(location.href, { headers: { "Notices-Looking": "true" } });
      if (page.redirected) return false; // nobody is logged in any more
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
      const signsNow = signs(fresh);
      moment = now;
      if (signsNow === shown) return true;
      renew(fresh);
      shown = signs(document);
      if (shown === signsNow) return true;
    }
    told();
    return false;
  };

  const look = async () => {
    clearTimeout(waiting);
    const began = performance.now();
    let goOn = true;
    if (!document.hidden) {
      try {
        goOn = await looked();
      } catch {
        // the server does not answer; perhaps it does soon
      }
    }
    ended = !goOn;
    // A page that takes long is asked for more rarely: many that are open must not keep the server busy.
    if (goOn) waiting = setTimeout(look, Math.max(PAUSE, 20 * (performance.now() - began)));
  };
  waiting = setTimeout(look, PAUSE);
  document.addEventListener("visibilitychange", () => document.hidden || ended || look());
}
