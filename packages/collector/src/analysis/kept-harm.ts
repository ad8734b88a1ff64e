import type { ChannelFile } from '@perigee/registry';
import type { CollectorStore, StoreReader } from '../store/store.ts';
import { rolloutBegan } from './both-out.ts';
import type { Pair } from './both-out.ts';

const KIND = 'harm';
const MAX_PAIRS = 1_000;

/** A verdict of harm that the monitor saw, with the figures of that time. */
export interface SeenHarm extends Pair {
  readonly reasons: readonly string[];
}

export interface KeptHarm extends SeenHarm {
  /** When the monitor saw it first. */
  readonly sinceMs: number;
}

/**
 * Evidence is worked out from the counts there are, so an upload dated into earlier hours could
 * take it back. What was seen once is therefore kept until a new rollout of the version begins.
 */
export async function keptHarms(store: Pick<StoreReader, 'list'>): Promise<readonly KeptHarm[]> {
  const documents = await store.list(KIND, MAX_PAIRS);
  return documents.map(({ atMs, body }) => ({ ...(body as SeenHarm), sinceMs: atMs }));
}

/** That of a pair. One of an earlier rollout says nothing of this one. */
export function keptHarmOf(
  kept: readonly KeptHarm[],
  pair: Pair,
  file: ChannelFile | undefined,
): KeptHarm | undefined {
  const beganMs = rolloutBegan(file, pair);
  return kept.find(
    (one) => idOf(one) === idOf(pair) && (beganMs === undefined || one.sinceMs >= beganMs),
  );
}

export async function keepHarms(
  store: Pick<CollectorStore, 'put'>,
  seen: readonly SeenHarm[],
  nowMs: number,
): Promise<void> {
  for (const harm of seen) await store.put(KIND, idOf(harm), harm, nowMs);
}

function idOf({ model, champion, challenger }: Pair): string {
  return JSON.stringify([model, champion, challenger]);
}
