import { versionKey } from '../store/memory.ts';

interface Named {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
}

const PREFIX = 'perigee:use:';
const held = new Set<string>();

/** For as long as this worker lives, no tab collects the version. Where there are no Web Locks (Node before 24.5) pointers and leases keep it. */
export function holdVersion(named: Named): void {
  const { locks } = globalThis.navigator ?? {};
  const name = PREFIX + keyOf(named);
  if (held.has(name)) return;
  held.add(name);
  locks?.request(name, { mode: 'shared' }, () => new Promise(() => undefined)).catch(() => undefined);
}

/** Whether a version is open in some tab; asked once for many. */
export async function heldVersions(): Promise<(named: Named) => boolean> {
  const { locks } = globalThis.navigator ?? {};
  const held = new Set((await locks?.query())?.held?.map(({ name }) => name) ?? []);
  return (named) => held.has(PREFIX + keyOf(named));
}

function keyOf({ model, version, variant }: Named): string {
  return versionKey(model, version, variant);
}
