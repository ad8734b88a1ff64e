import { LIMITS } from '../manifest/limits.ts';
import type { Channel, Rollout } from './channel.ts';

/**
 * Points the channel to this version for all devices and ends its rollout.
 * @example
 * ```ts
 * const channels = { ...file.channels, stable: pointTo(file.channels.stable, '1.1.0') };
 * ```
 */
export function pointTo(
  { takenBack = [] }: Channel | undefined = { version: '' },
  version: string,
): Channel {
  return { version, ...withTaken(takenBack.filter((one) => one !== version)) };
}

/**
 * Gives a share of the devices another version than the channel's. It replaces a rollout that is
 * under way.
 * @example
 * ```ts
 * startRollout(channel, { version: '1.1.0', permyriad: 500, salt: '1.1.0' }); // 5 %
 * ```
 */
export function startRollout({ version, takenBack = [] }: Channel, rollout: Rollout): Channel {
  return { version, rollout, ...withTaken(takenBack.filter((one) => one !== rollout.version)) };
}

/**
 * Ends a rollout; with `to` it also goes back to that version. The version that the channel served
 * instead is recorded in `takenBack`.
 * @example
 * ```ts
 * takeBack({ version: '1.0.0', rollout }); // { version: '1.0.0', takenBack: ['1.1.0'] }
 * ```
 */
export function takeBack({ version, rollout, takenBack = [] }: Channel, to = version): Channel {
  const left = [version, ...(rollout ? [rollout.version] : [])].filter((one) => one !== to);
  return {
    version: to,
    ...withTaken([...new Set([...takenBack.filter((one) => one !== to), ...left])]),
  };
}

function withTaken(versions: readonly string[]): Pick<Channel, 'takenBack'> {
  return versions.length > 0 ? { takenBack: versions.slice(-LIMITS.takenBack) } : {};
}
