import type { TelemetryConfig } from '../config.ts';
import type { Requester } from '../request/requester.ts';
import { shownUrl } from '../request/refusal.ts';
import type { TelemetryCheck } from '../rpc/updater-api.ts';
import type { ModelStore } from '../store/store.ts';
import { whyNotCounted } from './permission.ts';
import { uploadUrl } from './upload.ts';

/** Checks whether counting is allowed and whether the collector answers. Sends no data. */
export async function checkTelemetry(
  store: ModelStore,
  config: TelemetryConfig,
  timeoutMs: number,
  send: Requester,
): Promise<TelemetryCheck> {
  const off = await whyNotCounted(store, config);
  const fault = off === null ? await faultOf(config, timeoutMs, send) : null;
  return { url: shownUrl(config.url), off, fault };
}

/** Sends the request of an upload without a body; a collector refuses that with a known status. */
async function faultOf(
  { url, key }: TelemetryConfig,
  timeoutMs: number,
  send: Requester,
): Promise<string | null> {
  try {
    const { status, type, headers } = await send(uploadUrl(url).href, {
      method: 'HEAD',
      redirect: 'manual',
      ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (type === 'opaqueredirect' || (status >= 300 && status < 400))
      return 'it answers with a redirect, which uploads do not follow';
    const isPage = headers.get('content-type')?.includes('text/html');
    if (isPage) return 'a web page answered in its place';
    return status >= 500 || status === 401 || status === 403 ? `it answered HTTP ${status}` : null;
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    return isLate
      ? `it did not answer within ${timeoutMs / 1_000} s`
      : 'it could not be reached, or its answer may not be read here';
  }
}
