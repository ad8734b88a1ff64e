import { buildReference, createCounters } from '@perigee/profile';
import type { Profile, ProfileKey, SealedBatch } from '@perigee/profile';

const reference = buildReference({
  features: [{ name: 'x', kind: 'numeric', values: Array.from({ length: 100 }, (_, i) => i) }],
});
export const NOW_MS = 490_000 * 3_600_000;

/** Ten predictions of 3 ms and two errors, in one session that failed. */
export function profile(
  key: Partial<ProfileKey> = {},
  durationsMs: readonly number[] = Array.from({ length: 10 }, () => 3),
): Profile {
  const counters = createCounters(reference);
  counters.observeSession();
  for (const ms of durationsMs) {
    counters.observePrediction();
    counters.observeLatency('total', ms);
    counters.observeLatency('inference', ms / 2);
  }
  counters.observeError('TIMEOUT');
  counters.observeError('TIMEOUT');
  return counters.snapshot({
    model: 'digits',
    version: '1.0.0',
    reference: 'r',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 1,
    hour: Math.floor(Date.now() / 3_600_000),
    ...key,
  });
}

let ids = 0;
export function batch(profiles: readonly Profile[], lost: SealedBatch['lost'] = {}): SealedBatch {
  return { batchId: (++ids).toString(16).padStart(32, '0'), sealedAtMs: NOW_MS, lost, profiles };
}

/**
 * Parses the text format independently of the writer: names, types and samples, with labels
 * unescaped.
 * @throws Error for an invalid line
 */
export function parseExposition(text: string) {
  const types = new Map<string, string>();
  const samples: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly value: number;
  }[] = [];
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (type) types.set(type[1] ?? '', type[2] ?? '');
    else if (!/^# HELP [a-z_]+ \S/.test(line)) {
      const sample =
        /^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (NaN|[+-]Inf|[-+.e\d]+)$/.exec(
          line,
        );
      if (!sample) throw new Error(`no sample: ${line}`);
      const labels = Array.from(
        (sample[2] ?? '').matchAll(/([a-z]+)="((?:[^"\\]|\\.)*)"/g),
        ([, name = '', value = '']) => [
          name,
          value.replaceAll(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one)),
        ],
      );
      samples.push({
        name: sample[1] ?? '',
        labels: Object.fromEntries(labels) as Record<string, string>,
        value: Number((sample[3] ?? '').replace('Inf', 'Infinity')),
      });
    }
  }
  return { types, samples };
}
