// The page follows its address.
import * as browse from "./browse.js";
import * as details from "./details.js";
import { place } from "./place.js";
import * as recommendations from "./recommendations.js";

function follow() {
  // An in-page link such as the skip link is the browser's business.
  if (location.hash && !location.hash.includes("=") && document.getElementById(location.hash.slice(1))) return;
  const here = place();
  recommendations.showCustomer(here.customer);
  browse.showGenre(here.genre);
  details.showMovie(here.movie);
}

document.getElementById("origin").textContent = location.host;
for (const part of [recommendations, browse, details]) part.start();
addEventListener("hashchange", follow);
follow();
recommendations.nameOthers();
