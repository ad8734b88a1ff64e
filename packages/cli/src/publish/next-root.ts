import { layout, rootSigned } from '@perigee/registry';
import type { Root } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { OpenRegistry, Publisher } from './registry.ts';

/**
 * The next root, signed with all available keys. They must suffice for the previous root and for
 * the new one.
 */
export async function nextRoot(
  { roles, expiry }: OpenRegistry,
  next: Root,
  { keys, now = new Date() }: Publisher,
): Promise<{ readonly path: string; readonly bytes: Uint8Array }> {
  const here = keys.all.map(({ keyid }) => keyid);
  const mustSign = [roles.root.roles.root, next.roles.root];
  for (const role of mustSign) {
    const own = role.keyids.filter((keyid) => here.includes(keyid)).length;
    if (own < role.threshold)
      throw new CommandError(
        `A new root needs ${role.threshold} of the root keys ` +
          `${role.keyids.map((keyid) => keyid.slice(0, 12)).join(', ')}; ${own} of them ` +
          `${own === 1 ? 'is' : 'are'} in ${keys.place}.`,
      );
  }
  const keyids = [...new Set(mustSign.flatMap((role) => role.keyids))].filter((keyid) =>
    here.includes(keyid),
  );
  const bytes = await keys.sign(
    { name: 'root', keyids, threshold: keyids.length },
    rootSigned(next, next.version, expiry, now),
  );
  return { path: layout.root(next.version), bytes };
}
