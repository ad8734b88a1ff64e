import type { ModelStore } from '../store/store.ts';
import { withLock } from '../store/lock.ts';
import {
  encodeGroup,
  groupOf,
  GROUPS,
  keyOfGroup,
  partsOf,
  takeCall,
} from './ground-truth-group.ts';
import type { Predictions, GroundTruthGroup } from './ground-truth-group.ts';

export const MAX_GROUND_TRUTH_DAYS = 30;
/** The limit for all models together. A prediction takes 12 bytes, a group about 100 more. */
export const MAX_GROUND_TRUTH_BYTES = 4 * 1024 * 1024;
const DAY_MS = 86_400_000;
/** Key of the last dropped prediction of each worker, with the reason. */
const GIVEN_UP = 'telemetry:truth-given-up';
const MAX_WORKERS = 256;
const NEVER = new AbortController().signal;

type Bound = 'days' | 'bytes';
type GivenUp = readonly (readonly [worker: string, lastCall: number, bound: Bound])[];

/** The stored value of a prediction, or the reason why there is none. */
export type TakenPrediction =
  | { readonly value: number }
  | { readonly missing: Bound | 'reported' | 'unknown' };

/**
 * Stores the label or number of each prediction, so that its ground truth can be reported after a
 * reload. The oldest predictions are dropped when they are too old or exceed the size limit.
 */
export async function rememberPredictions(
  store: ModelStore,
  model: string,
  predictions: Predictions,
): Promise<void> {
  if (predictions.length === 0) return;
  await store.putValue(keyOfGroup(model, Date.now(), predictions), encodeGroup(predictions));
  while (!(await giveUpSurplus(store)));
}

/**
 * Removes a prediction from its group and returns it, so that its ground truth is counted once. The
 * lock only saves work among workers and tabs.
 */
export async function takePrediction(
  store: ModelStore,
  model: string,
  id: string,
): Promise<TakenPrediction> {
  const parts = partsOf(id);
  if (!parts) return { missing: 'unknown' };
  return withLock(`perigee:truth:${model}`, NEVER, async () => {
    let taken = await tryToTake(store, model, parts);
    while (taken === 'changed') taken = await tryToTake(store, model, parts);
    return taken;
  });
}

/**
 * Tries once to remove a prediction. Resolves to `changed` when another process changed the group
 * meanwhile.
 */
async function tryToTake(
  store: ModelStore,
  model: string,
  { worker, call }: { worker: string; call: number },
): Promise<TakenPrediction | 'changed'> {
  const mayHave = (group: GroundTruthGroup): boolean =>
    group.model === model &&
    group.worker === worker &&
    group.firstCall <= call &&
    call <= group.lastCall;
  const groups = groupsOf(await store.listValues(`${GROUPS}${model}:`)).filter(mayHave);
  for (const { key, atMs } of groups) {
    const value = await store.getValue(key);
    const taken = value instanceof Uint8Array ? takeCall(value, call) : undefined;
    if (!taken) continue;
    if (isTooOld(atMs)) return { missing: 'days' };
    const isMine = await store.changeValues([{ key, value }], { [key]: taken.rest });
    return isMine ? { value: taken.value } : 'changed';
  }
  if (groups.length > 0) return { missing: 'reported' };
  const given = givenUpOf(await store.getValue(GIVEN_UP));
  const [, , bound] = given.find(([of, last]) => of === worker && call <= last) ?? [];
  return { missing: bound ?? 'unknown' };
}

/** Drops groups beyond the limits. Resolves to false when another process did so meanwhile. */
async function giveUpSurplus(store: ModelStore): Promise<boolean> {
  const keys = await store.listValues(GROUPS);
  const newestFirst = groupsOf(keys).toSorted((a, b) => b.atMs - a.atMs);
  let bytes = 0;
  const surplus = newestFirst.flatMap((group): { group: GroundTruthGroup; bound: Bound }[] => {
    bytes += group.sizeBytes;
    if (isTooOld(group.atMs)) return [{ group, bound: 'days' }];
    return bytes > MAX_GROUND_TRUTH_BYTES ? [{ group, bound: 'bytes' }] : [];
  });
  // An earlier release stored groups in another form.
  const unreadable = keys.filter((key) => !groupOf(key));
  if (surplus.length + unreadable.length === 0) return true;
  const value = await store.getValue(GIVEN_UP);
  const next = new Map(givenUpOf(value).map((entry) => [entry[0], entry]));
  for (const {
    group: { worker, lastCall },
    bound,
  } of surplus.toReversed()) {
    next.delete(worker);
    next.set(worker, [worker, lastCall, bound]);
  }
  return store.changeValues([{ key: GIVEN_UP, value }], {
    [GIVEN_UP]: [...next.values()].slice(-MAX_WORKERS),
    ...Object.fromEntries(
      [...surplus.map(({ group: { key } }) => key), ...unreadable].map((key) => [key, undefined]),
    ),
  });
}

function groupsOf(keys: readonly string[]): GroundTruthGroup[] {
  return keys.flatMap((key) => groupOf(key) ?? []);
}

function isTooOld(atMs: number): boolean {
  return atMs < Date.now() - MAX_GROUND_TRUTH_DAYS * DAY_MS;
}

function givenUpOf(value: unknown): GivenUp {
  return Array.isArray(value) ? (value as GivenUp) : [];
}
