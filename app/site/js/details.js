// One movie, in a dialog that the address opens and closes.
import { movie } from "./api.js";
import { genreName } from "./genres.js";
import { Loading } from "./loading.js";
import { make, poster, showProblem } from "./marks.js";
import { address, go } from "./place.js";
import { likes } from "./recommendations.js";

const dialog = document.getElementById("details");
const body = document.getElementById("details-body");

let id = null;

const loading = new Loading({
  wait() {
    const words = make("div", { className: "details-words" }, make("h2", { id: "details-title", textContent: "One moment" }));
    body.replaceChildren(make("div", { className: "poster" }), words);
  },
  show(found) {
    const kind = genreName(found.genre);
    const more = make("a", { className: "more", href: address({ movie: null, genre: found.genre }), textContent: `More ${kind.toLowerCase()}` });
    const words = make(
      "div",
      { className: "details-words" },
      make("h2", { id: "details-title", textContent: found.title, data: { testid: "details-title" } }),
      make("p", { className: "facts", textContent: `${found.releaseYear}, ${kind}` }),
    );
    if (likes(found.genre)) words.append(make("p", { className: "match", textContent: "Your favourite genre." }));
    words.append(more);
    body.replaceChildren(poster(found, true), words);
  },
  fail(error, again) {
    const headline = error.status === 404 ? "There is no such movie" : "This movie can't be shown right now";
    showProblem(body, headline, error, error.passing ? again : null);
    body.querySelector("h3").id = "details-title";
  },
});

export function showMovie(wanted) {
  if (wanted === id) return;
  id = wanted;
  if (!id) {
    dialog.close();
    return;
  }
  loading.load((signal) => movie(id, signal));
  if (!dialog.open) dialog.showModal();
}

export function start() {
  const leave = () => go({ movie: null });
  document.getElementById("details-close").addEventListener("click", leave);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) leave();
  });
}
