import type { Profile } from '@perigee/profile';
import type { SliceQuery } from '../api.ts';
import type { PublishedModels } from '../published-models.ts';
import type { StoreReader, Dimension, WindowQuery } from '../store/store.ts';
import { areWithinBounds } from './bounded-weight.ts';
import { fleetOf, fleetWithinBounds } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { Window } from './window.ts';

/** Data sources of the reading routes and the monitor. */
export interface Sources {
  readonly store: StoreReader;
  readonly publishedModels: PublishedModels | null;
  /** Slices of the fleet with fewer device-hours are not shown, for privacy. */
  readonly minDevices: number;
}

/** The store query for a slice of a model's counts. */
export function windowQuery(
  model: string,
  { version, backend, browser, segment }: SliceQuery,
  { fromHour, toHour }: Pick<Window, 'fromHour' | 'toHour'>,
): WindowQuery {
  return {
    model,
    fromHour,
    toHour,
    ...(version !== undefined && { version }),
    ...(backend !== undefined && { backend }),
    ...(browser !== undefined && { browser }),
    ...(segment !== undefined && { segment }),
  };
}

/** Longest window whose hours are read one by one. Longer windows would take much memory. */
const MAX_HOURS = 48;

/** Dimensions that a fleet is read by, so that the weight of one upload is bounded. */
export function fleetDimensions({
  fromHour,
  toHour,
}: Pick<WindowQuery, 'fromHour' | 'toHour'>): Dimension[] {
  return toHour - fromHour <= MAX_HOURS ? ['group', 'hour'] : ['group'];
}

/**
 * Counts of a window against one reference, by device group. Where the weight of each hour is to be
 * bounded, the predictions of each hour and group are read first. They are plain numbers, and in
 * most windows none is above its bound. Then one sum for each group is read, and not one for each
 * hour.
 */
export async function readFleet(
  store: Pick<StoreReader, 'predictions' | 'sums'>,
  query: WindowQuery,
  referenceId: string | undefined,
): Promise<Fleet | undefined> {
  const by = fleetDimensions(query);
  if (!by.includes('hour')) return fleetOf(await readSums(store, query, referenceId, by));
  const predictions = (await store.predictions(query)).filter(
    ({ reference }) => referenceId === undefined || reference === referenceId,
  );
  return areWithinBounds(predictions)
    ? fleetWithinBounds(await readSums(store, query, referenceId, ['group']))
    : fleetOf(await readSums(store, query, referenceId, by));
}

export async function readSums(
  store: Pick<StoreReader, 'sums'>,
  query: WindowQuery,
  referenceId: string | undefined,
  by: readonly Dimension[],
): Promise<Profile[]> {
  const sums = await store.sums(query, by);
  return referenceId === undefined ? sums : sums.filter(({ key }) => key.reference === referenceId);
}
