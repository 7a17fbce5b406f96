// The customer who watches: the recommended movies, and the favourite genre that decides them.
import { changeGenre, customer } from "./api.js";
import { GENRES, genreName } from "./genres.js";
import { Loading } from "./loading.js";
import { card, make, poster, showProblem, skeletons } from "./marks.js";
import { CUSTOMERS, go } from "./place.js";

const select = document.getElementById("customer");
const greeting = document.getElementById("greeting");
const title = document.getElementById("for-you-title");
const favorite = document.getElementById("favorite");
const status = document.getElementById("status");
const list = document.getElementById("recommendations");
const problem = document.getElementById("recommendations-problem");
const backdrop = document.getElementById("backdrop");

let id; // of the customer on the page
let known = null; // what the API last said of that customer
let saving = false;

function say(text, kind = "") {
  status.textContent = text;
  status.dataset.kind = kind;
}

function mark(genre) {
  for (const pill of favorite.children) pill.setAttribute("aria-pressed", pill.dataset.genre === genre);
}

function name(customerId, text) {
  for (const option of select.options) if (option.value === String(customerId)) option.textContent = text;
}

const loading = new Loading({
  wait() {
    problem.replaceChildren();
    list.setAttribute("aria-busy", "true");
    list.replaceChildren(...skeletons(4));
  },
  show(found) {
    known = found;
    problem.replaceChildren();
    list.setAttribute("aria-busy", "false");
    name(found.id, found.name);
    greeting.textContent = `Tonight for ${found.name}`;
    title.textContent = `Because you like ${genreName(found.favoriteGenre).toLowerCase()}`;
    mark(found.favoriteGenre);
    list.dataset.genre = found.favoriteGenre;
    list.replaceChildren(...found.recommendedMovies.map((movie, position) => card(movie, position, { eager: true })));
    backdrop.replaceChildren(...found.recommendedMovies.slice(0, 1).map((movie) => poster(movie, true).firstChild));
    if (!found.recommendedMovies.length) problem.replaceChildren(make("p", { className: "notice", textContent: "Nothing to recommend in this genre yet.", data: { testid: "empty" } }));
  },
  fail(error, again) {
    list.setAttribute("aria-busy", "false");
    list.replaceChildren();
    showProblem(problem, "Your recommendations can't be shown right now", error, again);
  },
});

const load = (options) => loading.load((signal) => customer(id, signal), options);

async function save(genre) {
  if (saving || genre === known?.favoriteGenre) return;
  const asked = id;
  saving = true;
  favorite.setAttribute("aria-busy", "true");
  mark(genre);
  say(`Saving ${genreName(genre).toLowerCase()}.`);
  try {
    await changeGenre(asked, genre);
    if (asked !== id) return;
    say(`Saved. Your favourite genre is ${genreName(genre).toLowerCase()} now.`, "saved");
    known = { ...known, favoriteGenre: genre };
    await load();
  } catch (error) {
    if (asked !== id) return;
    mark(known?.favoriteGenre);
    say(`Not saved: ${error.message}`, "failed");
  } finally {
    saving = false;
    favorite.setAttribute("aria-busy", "false");
  }
}

export function showCustomer(wanted) {
  if (wanted === id) return;
  id = wanted;
  known = null;
  select.value = id;
  mark(null);
  say("");
  greeting.textContent = "Tonight";
  title.textContent = "Picked for you";
  delete list.dataset.genre;
  backdrop.replaceChildren();
  load();
}

export const likes = (genre) => known?.favoriteGenre === genre;

export function start() {
  for (const [value, label] of Object.entries(GENRES)) {
    const pill = make("button", {
      type: "button", className: "pill", textContent: label,
      data: { testid: `favorite-${value}`, genre: value }, aria: { pressed: "false" },
    });
    pill.addEventListener("click", () => save(value));
    favorite.append(pill);
  }
  select.addEventListener("change", () => go({ customer: select.value }));
}

// The names of the customers who aren't on the page; without an answer their numbers stay.
export async function nameOthers() {
  const others = CUSTOMERS.filter((each) => each !== id);
  for (const answer of await Promise.allSettled(others.map((each) => customer(each)))) {
    if (answer.status === "fulfilled") name(answer.value.id, answer.value.name);
  }
}
