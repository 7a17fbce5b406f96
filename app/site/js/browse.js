// The movies, by genre: tabs that follow the address, and the grid below them.
import { movies } from "./api.js";
import { GENRES, genreName } from "./genres.js";
import { Loading } from "./loading.js";
import { card, make, showProblem, skeletons } from "./marks.js";
import { go } from "./place.js";

const tabs = document.getElementById("tabs");
const panel = document.getElementById("panel");
const list = document.getElementById("movies");
const count = document.getElementById("count");
const problem = document.getElementById("browse-problem");

let genre; // undefined before the first question; null for all

const loading = new Loading({
  wait() {
    problem.replaceChildren();
    panel.setAttribute("aria-busy", "true");
    count.textContent = "Looking for movies.";
    list.replaceChildren(...skeletons(10));
  },
  show(found) {
    problem.replaceChildren();
    panel.setAttribute("aria-busy", "false");
    const kind = genre ? `${genreName(genre).toLowerCase()} ` : "";
    count.textContent = found.length === 1 ? `1 ${kind}movie` : `${found.length} ${kind}movies`;
    list.replaceChildren(...found.map((movie, position) => card(movie, position)));
    if (!found.length) problem.replaceChildren(make("p", { className: "notice", textContent: "No movies of this genre yet.", data: { testid: "empty" } }));
  },
  fail(error, again) {
    panel.setAttribute("aria-busy", "false");
    count.textContent = "";
    list.replaceChildren();
    showProblem(problem, "The movies can't be shown right now", error, again);
  },
});

function tab(value, label) {
  const id = value ?? "ALL";
  const button = make("button", {
    type: "button", className: "tab", id: `tab-${id}`, textContent: label,
    data: { testid: `genre-tab-${id}`, genre: value ?? "" }, aria: { role: "tab", controls: "panel" },
  });
  button.addEventListener("click", () => go({ genre: value }));
  return button;
}

// As the ARIA practice for tabs has it: one tab stop, arrows move between the tabs.
function onKey(event) {
  const all = [...tabs.children];
  const here = all.indexOf(document.activeElement);
  const target = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
  if (target === undefined) return;
  event.preventDefault();
  const next = all[(target + all.length) % all.length];
  next.focus();
  next.click();
}

export function showGenre(wanted) {
  if (wanted === genre) return;
  genre = wanted;
  for (const each of tabs.children) {
    const chosen = each.dataset.genre === (genre ?? "");
    each.setAttribute("aria-selected", chosen);
    each.tabIndex = chosen ? 0 : -1;
    if (chosen) panel.setAttribute("aria-labelledby", each.id);
  }
  loading.load((signal) => movies(genre, signal));
}

export function start() {
  tabs.append(tab(null, "All"), ...Object.entries(GENRES).map(([value, label]) => tab(value, label)));
  tabs.addEventListener("keydown", onKey);
}
