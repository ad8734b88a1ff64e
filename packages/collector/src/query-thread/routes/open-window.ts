import type { Fleet } from '../../analysis/fleet.ts';
import { readFleet, windowQuery } from '../../analysis/read-fleet.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import type { Window } from '../../analysis/window.ts';
import type { SliceQuery } from '../../api.ts';
import { HttpError } from '../../http/http-error.ts';
import { referenceOf } from '../../published-models.ts';
import type { Reference } from '../../published-models.ts';
import type { StoreReader, WindowQuery } from '../../store/store.ts';
import { checkCrowd } from './check-slice.ts';
import { parseWindow } from './parse-window.ts';

/**
 * The requested version, or the most recently counted one.
 * @throws HttpError 404 if the model has no counts
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
  if (!latest) throw modelNotFound(model);
  return latest.version;
}

export function modelNotFound(model: string): HttpError {
  return new HttpError(
    404,
    'MODEL_NOT_FOUND',
    `Nothing was counted for a model "${model}" yet. It appears after its first upload.`,
  );
}

/**
 * Reads the window that a request names, with its version and reference.
 * @throws HttpError 400 for an invalid window; 404 for an unknown version, no reference or no counts
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
