import type { ModelStore } from '../store/store.ts';
import { withLock } from '../updater/lock.ts';

const DAY_MS = 86_400_000;
const MAX_AGE_MS = 30 * DAY_MS;
/** Groups of predictions kept a model; each has at most what was predicted between two writes. */
const MAX_GROUPS = 200;
const TIME_DIGITS = 15;
const NEVER = new AbortController().signal;

type Predictions = readonly (readonly [id: string, labelIndex: number])[];

/** Keeps which label each prediction got, so that the truth can be told after a reload. */
export async function rememberPredictions(store: ModelStore, model: string, predictions: Predictions): Promise<void> {
  // Sorts by time; the random end keeps tabs that write in the same millisecond apart.
  const suffix = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36);
  await store.putValue(`${prefix(model)}${String(Date.now()).padStart(TIME_DIGITS, '0')}-${suffix}`, predictions);
  const keys = await store.listValues(prefix(model));
  const tooOld = Date.now() - MAX_AGE_MS;
  const surplus = keys.filter((key, i) => i < keys.length - MAX_GROUPS || Number(key.slice(prefix(model).length, prefix(model).length + TIME_DIGITS)) < tooOld);
  for (const key of surplus) await store.deleteValue(key);
}

/**
 * The label index a prediction got; undefined when it is unknown. It is taken out of its group, so that it is counted once. The lock
 * saves work among workers and tabs, no more.
 */
export function recallPrediction(store: ModelStore, model: string, id: string): Promise<number | undefined> {
  return withLock(`perigee:truth:${model}`, NEVER, async () => {
    let taken = await takePrediction(store, model, id);
    while (taken === 'changed') taken = await takePrediction(store, model, id);
    return taken;
  });
}

/** Newest first: truth mostly comes soon. `changed` when another process took something out of the same group meanwhile. */
async function takePrediction(store: ModelStore, model: string, id: string): Promise<number | undefined | 'changed'> {
  for (const key of (await store.listValues(prefix(model))).toReversed()) {
    const predictions = (await store.getValue(key)) as Predictions | undefined;
    const found = predictions?.find(([known]) => known === id);
    if (!found) continue;
    const rest = predictions?.filter(([known]) => known !== id);
    return (await store.changeValues([{ key, value: predictions }], { [key]: rest })) ? found[1] : 'changed';
  }
  return undefined;
}

function prefix(model: string): string {
  return `telemetry:truth:${model}:`;
}
