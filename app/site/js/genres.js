// The genres the API knows, in the order they are shown, and what people call them.
export const GENRES = { ACTION: "Action", CRIME: "Crime", DRAMA: "Drama", COMEDY: "Comedy", SCI_FI: "Sci-fi" };

// A genre the API adds later still reads as words.
export const genreName = (genre) => GENRES[genre] ?? genre.charAt(0) + genre.slice(1).toLowerCase().replaceAll("_", " ");
