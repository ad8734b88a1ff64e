import type { Profile, ReferenceProfile } from '@perigee/profile';
import type { SliceQuery } from '../api.ts';
import type { PublishedModels } from '../published-models.ts';
import { HttpError } from '../http/http-error.ts';
import type { StoreReader, Dimension, WindowQuery } from '../store/store.ts';
import { fleetOf } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { parseWindow } from './window.ts';
import type { Window } from './window.ts';

/** Data sources of the reading routes and the monitor. */
export interface Sources {
  readonly store: StoreReader;
  readonly publishedModels: PublishedModels | null;
  /** Slices of the fleet with fewer device-hours are not shown, for privacy. */
  readonly minDevices: number;
}

export interface Reference {
  readonly id: string;
  readonly profile: ReferenceProfile;
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

/**
 * The requested version, or the most recently counted one. @throws HttpError 404 if the model has no
 * counts
 */
export async function versionOf(
  store: StoreReader,
  model: string,
  version: string | undefined,
): Promise<string> {
  if (version !== undefined) return version;
  const own = (await store.totals()).filter((row) => row.model === model);
  const latest = own.toSorted(
    (a, b) =>
      b.lastHour - a.lastHour || b.version.localeCompare(a.version, 'en', { numeric: true }),
  )[0];
  if (!latest)
    throw new HttpError(404, 'MODEL_NOT_FOUND', `Nothing was counted for a model "${model}" yet.`);
  return latest.version;
}

/** @throws HttpError 404 without a registry, or for a version published without a reference */
export async function referenceOf(
  publishedModels: PublishedModels | null,
  model: string,
  version: string,
): Promise<Reference> {
  if (!publishedModels)
    throw new HttpError(
      404,
      'NO_REGISTRY',
      'The collector was started without a registry, where references come from: --registry ' +
        './registry',
    );
  const published = await publishedModels.find(model, version);
  if (!published?.reference)
    throw new HttpError(
      404,
      'NO_REFERENCE',
      `${model}@${version} was published without a reference: pack it with --reference train.csv.`,
    );
  return published.reference;
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

/** Counts of a window against one reference, by device group. */
export async function readFleet(
  store: StoreReader,
  query: WindowQuery,
  referenceId: string | undefined,
): Promise<Fleet | undefined> {
  return fleetOf(await readSums(store, query, referenceId, fleetDimensions(query)));
}

export async function readSums(
  store: StoreReader,
  query: WindowQuery,
  referenceId: string | undefined,
  by: readonly Dimension[],
): Promise<Profile[]> {
  const sums = await store.sums(query, by);
  return referenceId === undefined ? sums : sums.filter(({ key }) => key.reference === referenceId);
}

/**
 * Always shows the whole fleet, but a slice only if it is large enough to hide single devices.
 * @throws HttpError 404
 */
export function checkCrowd(
  { devices }: Pick<Fleet, 'devices'>,
  { backend, browser, segment }: SliceQuery,
  minDevices: number,
): void {
  if (backend === undefined && browser === undefined && segment === undefined) return;
  refuseFew(devices, minDevices);
}

/** The same check for routes that read their own sums. @throws HttpError 404 */
export async function checkSlice(
  { store, minDevices }: Sources,
  model: string,
  query: SliceQuery,
  window: Pick<Window, 'fromHour' | 'toHour'>,
): Promise<void> {
  if (query.backend === undefined && query.browser === undefined && query.segment === undefined)
    return;
  const devices = (await store.sums(windowQuery(model, query, window), [])).reduce(
    (sum, one) => sum + one.devices,
    0,
  );
  refuseFew(devices, minDevices);
}

function refuseFew(devices: number, minDevices: number): void {
  if (devices < minDevices)
    throw new HttpError(
      404,
      'TOO_FEW_DEVICES',
      `This part of the fleet has fewer than ${minDevices} device-hours in this window; it ` +
        'is not shown.',
    );
}

/**
 * Reads what every route about one version's window needs. @throws HttpError 404, also when there are
 * no counts
 */
export async function openWindow(
  { store, publishedModels, minDevices }: Sources,
  model: string,
  query: SliceQuery,
): Promise<{
  version: string;
  reference: Reference;
  window: Window;
  where: WindowQuery;
  fleet: Fleet;
}> {
  const version = await versionOf(store, model, query.version);
  const reference = await referenceOf(publishedModels, model, version);
  const window = parseWindow(query, Date.now());
  const where = windowQuery(model, { ...query, version }, window);
  const fleet = await readFleet(store, where, reference.id);
  if (!fleet)
    throw new HttpError(
      404,
      'NO_DATA',
      `Nothing was counted for ${model}@${version} from ${window.from} to ${window.to}.`,
    );
  checkCrowd(fleet, query, minDevices);
  return { version, reference, window, where, fleet };
}
