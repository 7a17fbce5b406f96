// One place of the page that is filled from the API: the newest question wins, and a passing failure is asked again.
import { ApiProblem } from "./api.js";

const AGAIN = 4_000; // milliseconds between questions while the API fails

export class Loading {
  #newest = null;
  #timer = 0;

  // ask(signal) fetches; show(answer) and fail(problem) put what came of it on the page; wait() what is seen till then.
  constructor({ wait, show, fail }) {
    Object.assign(this, { wait, show, fail });
  }

  async load(ask, { quietly = false } = {}) {
    clearTimeout(this.#timer);
    this.#newest?.abort();
    const mine = (this.#newest = new AbortController());
    if (!quietly) this.wait();
    try {
      const answer = await ask(mine.signal);
      if (mine === this.#newest) this.show(answer);
    } catch (error) {
      if (mine !== this.#newest) return;
      if (!(error instanceof ApiProblem)) throw error;
      this.fail(error, () => this.load(ask));
      if (error.passing) this.#timer = setTimeout(() => this.load(ask, { quietly: true }), AGAIN);
    }
  }
}
