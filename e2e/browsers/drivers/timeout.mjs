/** Time limit of a call in a page. A scenario that hangs fails under its own name. */
export const TIMEOUT_MS = 240_000;
