import { createKeyPair, signMetadata } from '@perigee/registry';
import type { Key, RoleKeys, Sign, SigningKey } from '@perigee/registry';
import { CommandError } from '../command.ts';

/**
 * Keys to sign with. They need not cover all roles: a CI machine has only those of channels,
 * snapshot and timestamp.
 */
export interface Keys {
  readonly all: readonly SigningKey[];
  /** Their location, for messages. */
  readonly place: string;
  readonly sign: Sign;
}

/**
 * Keys that are already in memory.
 * @param place their location, for messages
 * @example
 * ```ts
 * const keys = keysOf([await createKeyPair()], 'memory');
 * ```
 */
export function keysOf(all: readonly SigningKey[], place: string): Keys {
  return {
    all,
    place,
    async sign(role, signed) {
      const own = all
        .filter(({ keyid }) => role.keyids.includes(keyid))
        .slice(0, Math.max(1, role.threshold));
      if (own.length < role.threshold) {
        throw new CommandError(
          `The role "${role.name}" needs ${role.threshold} of its keys to sign; ` +
            `${own.length} of them ${own.length === 1 ? 'is' : 'are'} in ${place}. They are: ` +
            `${role.keyids.map((keyid) => keyid.slice(0, 12)).join(', ') || 'none'}.`,
        );
      }
      return signMetadata(signed, own);
    },
  };
}

/**
 * Creates one key for all roles, in memory only, for rehearsals and tests.
 * @example
 * ```ts
 * const publisher = { to: 'registry', keys: await temporaryKeys() };
 * ```
 */
export async function temporaryKeys(): Promise<Keys> {
  return keysOf([await createKeyPair()], 'memory');
}

export function publicPart({ keyid, publicKey: { keytype, scheme, keyval } }: SigningKey): Key {
  return { keyid, keytype, scheme, public: keyval.public };
}

export function roleOf(name: string, keys: readonly SigningKey[], threshold = 1): RoleKeys {
  return { name, keyids: keys.map(({ keyid }) => keyid), threshold };
}
