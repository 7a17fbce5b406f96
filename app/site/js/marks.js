// Small pieces of the page, made from values and never from markup, so that no title can become a tag.
import { genreName } from "./genres.js";
import { address } from "./place.js";

export function make(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(data)) element.dataset[name] = value;
  for (const [name, value] of Object.entries(aria)) element.setAttribute(name === "role" ? name : `aria-${name}`, value);
  element.append(...children);
  return element;
}

export function poster(movie, eager = false) {
  const image = make("img", { alt: "", width: 400, height: 600, loading: eager ? "eager" : "lazy", decoding: "async" });
  image.addEventListener("error", () => (image.src = "posters/other.svg"), { once: true });
  image.src = `posters/${movie.id}.svg`;
  return make("div", { className: "poster" }, image);
}

export function card(movie, position, { eager = false } = {}) {
  const facts = `${movie.releaseYear}, ${genreName(movie.genre)}`;
  const link = make(
    "a",
    { className: "card", href: address({ movie: movie.id }), data: { testid: "movie-card", movieId: movie.id, genre: movie.genre } },
    poster(movie, eager),
    make("h3", { className: "card-title", textContent: movie.title }),
    make("p", { className: "card-facts", textContent: facts }),
  );
  // The address holds the whole place, which may have changed since the card was made.
  link.addEventListener("click", () => (link.href = address({ movie: movie.id })), { capture: true });
  const item = make("li", { className: "arriving" }, link);
  item.style.setProperty("--place", Math.min(position, 12));
  return item;
}

export function skeletons(count) {
  return Array.from({ length: count }, () =>
    make("li", { className: "skeleton", aria: { hidden: "true" } }, make("div", { className: "poster" }), make("div", { className: "bone" })),
  );
}

// What failed, why, and a way on. `again` is called by the button; it is left out where trying again is no use.
function problemPanel(headline, problem, again) {
  const code = problem.status ? `${problem.status} ${problem.title}` : problem.title;
  const panel = make(
    "div",
    { className: "problem", data: { testid: "problem", status: problem.status }, aria: { role: "alert" } },
    make("h3", { textContent: headline }),
    make("p", { textContent: problem.detail || "The service gave no reason." }),
    make("p", { className: "fine", textContent: problem.passing ? `${code}. This page keeps trying by itself.` : code }),
  );
  if (again) {
    const button = make("button", { type: "button", textContent: "Try again", data: { testid: "retry" } });
    button.addEventListener("click", () => {
      panel.closest("[tabindex]")?.focus({ preventScroll: true }); // the button is about to go
      again();
    });
    panel.append(button);
  }
  return panel;
}

// Puts the problem into its place. One that is there already stays, or it would be read out at every new attempt.
export function showProblem(where, headline, problem, again) {
  const said = `${headline} ${problem.status} ${problem.detail}`;
  if (where.firstElementChild?.dataset.said === said) return;
  const panel = problemPanel(headline, problem, again);
  panel.dataset.said = said;
  where.replaceChildren(panel);
}
