import { later } from '../clock.ts';
import { MAIN_BUNDLE } from './main-bundle.ts';
import type { ModelState } from './model-state.ts';
import type { Timing } from '../model-types.ts';

/** When to look for a faster backend. `backends/try-faster.ts` looks for it. */

/** A due search begins after the next answer, because it would slow the answer, or after this. */
const LOOK_AFTER_MS = 1_000;
/** A slower call on the instant engine starts a search for a faster backend. */
const FRAME_MS = 16;
/** After a search without success, the threshold for the next one grows by this factor. */
const RARER = 4;

/** Plans the search for a version that the model just took over. */
export function planSearch(state: ModelState): void {
  plan(state, state.looksForFaster && state.current.worker.undecided, FRAME_MS);
}

/**
 * A search that is due begins after the next answer. Otherwise, an answer that took longer than
 * `slowMs` on the instant engine begins one.
 */
function plan(state: ModelState, isDue: boolean, slowMs: number): void {
  const { worker, request } = state.current;
  clearTimeout(state.search?.timer);
  const mayBegin = isDue || (request.wanted === 'auto' && worker.opened.engine === 'instant');
  const timer = isDue ? later(() => void begin(state), LOOK_AFTER_MS) : undefined;
  state.search = mayBegin ? { isDue, slowMs, timer } : undefined;
}

/** Begins the planned search if this answer is a reason to. */
export function searchAfter(state: ModelState, timing: Timing): void {
  const { search } = state;
  if (search && (search.isDue || timing.inferenceMs > search.slowMs * timing.batchSize))
    void begin(state, timing);
}

async function begin(state: ModelState, timing?: Timing): Promise<void> {
  const { search } = state;
  if (!search) return;
  clearTimeout(search.timer);
  state.search = undefined;
  // Few pages need this code, and they need it once.
  const late = await import('./backends/try-faster.ts').catch(() => undefined);
  // The next slow call may have other shapes. After a due search or a session's slow first run, the
  // threshold stays.
  const factor = search.isDue || timing?.isFirst ? 1 : RARER;
  const isOver = await late?.moveToFaster(MAIN_BUNDLE, state, search.isDue ? undefined : FRAME_MS);
  if (!isOver) plan(state, false, search.slowMs * factor);
}
