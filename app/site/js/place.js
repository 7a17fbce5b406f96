// Where the visitor is, kept in the part of the address behind '#': no server has to know these places.
import { GENRES } from "./genres.js";

export const CUSTOMERS = ["1", "2"];

export function place() {
  const said = new URLSearchParams(location.hash.slice(1));
  const number = said.get("movie");
  return {
    customer: CUSTOMERS.includes(said.get("customer")) ? said.get("customer") : CUSTOMERS[0],
    genre: said.get("genre") in GENRES ? said.get("genre") : null,
    movie: number && /^\d+$/.test(number) ? number : null,
  };
}

// The address of this place with some of it changed.
export function address(change) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...place(), ...change })) if (value) said.set(name, value);
  return `#${said}`;
}

export const go = (change) => {
  location.hash = address(change);
};
