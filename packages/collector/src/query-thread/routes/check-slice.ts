import type { Fleet } from '../../analysis/fleet.ts';
import { windowQuery } from '../../analysis/read-fleet.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import type { Window } from '../../analysis/window.ts';
import type { SliceQuery } from '../../api.ts';
import { HttpError } from '../../http/http-error.ts';

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
