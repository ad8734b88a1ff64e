import { createCounters } from '@perigee/profile';
import type { TelemetryConfig } from '../config.ts';
import type { Candidate } from '../rpc/updater-api.ts';
import type { ModelStore } from '../store/store.ts';
import { browserName } from './browser-name.ts';
import { stableGroup } from './group.ts';
import { isSampled, mayCount, samplingExponent } from './permission.ts';
import { recordProfile } from './record.ts';
import { referenceOf } from './reference-of.ts';

const HOUR_MS = 3_600_000;

/**
 * Counts a version that this device rejected: one failed session, and one failed golden trial if
 * its outputs were wrong. A rejected version never answers, so nothing else would report it.
 */
export async function recordRefused(
  store: ModelStore,
  candidate: Candidate,
  config: TelemetryConfig,
  code: string,
): Promise<void> {
  // A rejection is an exact value, which must not be sent under local privacy.
  if (config.localPrivacy) return;
  const hour = Math.floor(Date.now() / HOUR_MS);
  const sampling = samplingExponent(config);
  if (
    !(await mayCount(store, config)) ||
    !(await isSampled(store, sampling, Math.floor(hour / 24)))
  )
    return;
  const reference = await referenceOf(store, candidate);
  const counters = createCounters(reference?.profile ?? null);
  counters.observeSession();
  if (code === 'GOLDEN_MISMATCH') counters.observeGolden(false);
  counters.observeError(code);
  const { model, version } = candidate;
  await recordProfile(
    store,
    counters.snapshot({
      model,
      version,
      reference: reference?.id ?? '',
      backend: 'none',
      browser: browserName(),
      segment: '',
      sampling,
      privacy: 0,
      group: await stableGroup(store),
      hour,
    }),
  );
}
