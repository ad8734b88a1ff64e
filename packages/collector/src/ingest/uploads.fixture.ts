import { gzipSync } from 'node:zlib';
import { emptyProfile, encodeBatch, encodeFrame } from '@perigee/profile';
import type { Losses, Profile, ProfileKey } from '@perigee/profile';

export const NOW_HOUR = Math.floor(Date.now() / 3_600_000);

/** One hour of a device, for a model without a reference. */
export function deviceHour(key: Partial<ProfileKey> = {}, counts: Partial<Profile> = {}): Profile {
  const whole = {
    model: 'm',
    version: '1.0.0',
    reference: '',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: 0,
    hour: NOW_HOUR,
    ...key,
  };
  return { ...emptyProfile(whole), predictions: 1, ...counts };
}

let ids = 0;
/** The bytes of an upload with a unique batch id. */
export function uploadOf(profiles: readonly Profile[], lost: Losses = {}): Uint8Array {
  ids += 1;
  const batchId = `${process.pid.toString(16)}${ids.toString(16).padStart(20, '0')}`.padStart(
    32,
    'a',
  );
  const record = encodeBatch({ batchId, sealedAtMs: Date.now(), lost, profiles });
  return encodeFrame({ sentAtMs: Date.now(), gzip: true, record: gzipSync(record) });
}

export async function postTo(
  url: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Promise<{
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
}> {
  const response = await fetch(new URL('v1/profiles', url), {
    method: 'POST',
    body: body as BodyInit,
    headers: { 'content-type': 'text/plain', ...headers },
  });
  const answer = (await response.json()) as { error?: { code: string; message: string } };
  return {
    status: response.status,
    code: answer.error?.code,
    message: answer.error?.message ?? '',
  };
}
