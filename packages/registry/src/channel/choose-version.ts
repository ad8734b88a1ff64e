import { RegistryError } from '../error.ts';
import { formatModelRef } from '../model-ref.ts';
import type { ModelRef } from '../model-ref.ts';
import { compareVersion } from '../semver.ts';
import { rolloutBucket } from './bucket.ts';
import type { ChannelFile } from './channel.ts';

export interface Chooser {
  /** Random text that the device keeps. It selects rollouts and is never sent. */
  readonly installId: string;
  readonly now: Date;
}

export interface ChosenVersion {
  readonly version: string;
  /** Why this version was chosen, in words: "channel stable", "rollout of 5 % (bucket 312)", … */
  readonly reason: string;
  /** `<experiment>/<arm>`, or "rollout". Absent when neither applies. */
  readonly arm?: string;
}

/**
 * Why a version must not run on any device: it was revoked, or it is below the floor. Null when it
 * may run.
 * @example
 * ```ts
 * blockedBy({ floor: '1.2.0' }, '1.1.0'); // 'it is below the floor 1.2.0'
 * blockedBy({ floor: '1.2.0' }, '1.3.0'); // null
 * ```
 */
export function blockedBy(
  { floor, revoked }: Pick<ChannelFile, 'floor' | 'revoked'>,
  version: string,
): string | null {
  const revocation = revoked?.find((one) => one.version === version);
  if (revocation) return `it was revoked: ${revocation.reason}`;
  return floor !== undefined && compareVersion(version, floor) < 0
    ? `it is below the floor ${floor}`
    : null;
}

/**
 * The version that a channel gives this device. The candidates, in order: the arm of an experiment
 * (on `stable` only), the rollout if the device is in it, the channel's version. Blocked versions
 * are skipped.
 * @throws RegistryError MODEL_NOT_FOUND (no such channel), REVOKED (every candidate is blocked)
 */
export async function chooseFromChannel(
  file: ChannelFile,
  ref: ModelRef,
  channel: string,
  { installId, now }: Chooser,
): Promise<ChosenVersion> {
  const pointed = Object.hasOwn(file.channels, channel) ? file.channels[channel] : undefined;
  if (!pointed)
    throw new RegistryError(
      'MODEL_NOT_FOUND',
      `${formatModelRef(ref)} is not in the registry: there is no channel "${channel}". ` +
        `It has: ${Object.keys(file.channels).join(', ') || 'none'}.`,
      { details: { known: Object.keys(file.channels) } },
    );
  const offers: ChosenVersion[] = [];
  if (channel === 'stable') {
    for (const { id, salt, arms } of file.experiments ?? []) {
      const bucket = await rolloutBucket(salt, installId);
      let upTo = 0;
      const arm = arms.find(({ permyriad }) => bucket < (upTo += permyriad));
      if (arm)
        offers.push({
          version: arm.version,
          reason: `arm ${arm.name} of experiment ${id} (bucket ${bucket})`,
          arm: `${id}/${arm.name}`,
        });
    }
  }
  const { rollout } = pointed;
  let aside = '';
  if (rollout && (rollout.startAt === undefined || Date.parse(rollout.startAt) <= now.getTime())) {
    const bucket = await rolloutBucket(rollout.salt, installId);
    if (bucket < rollout.permyriad)
      offers.push({
        version: rollout.version,
        reason: `rollout of ${rollout.permyriad / 100} % (bucket ${bucket})`,
        arm: 'rollout',
      });
    else aside = `, bucket ${bucket} is not in the rollout of ${rollout.permyriad / 100} %`;
  }
  offers.push({ version: pointed.version, reason: `channel ${channel}${aside}` });
  const offer = offers.find(({ version }) => blockedBy(file, version) === null);
  if (offer) return offer;
  throw revoked(formatModelRef(ref), pointed.version, blockedBy(file, pointed.version) ?? '');
}

export function revoked(ref: string, version: string, why: string): RegistryError {
  return new RegistryError(
    'REVOKED',
    `${ref} would be version ${version}, which must not run: ${why}. Its publisher has to ` +
      'name another version.',
    { details: { version } },
  );
}
