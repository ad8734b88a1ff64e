import { versionKey } from '../store/memory.ts';

interface Named {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
}

const PREFIX = 'perigee:use:';

/**
 * No tab collects the version until the returned function is called, or this thread ends. Where
 * there are no Web Locks (Node before 24.5) pointers and leases keep it.
 */
export function holdVersion(named: Named): () => void {
  const { locks } = globalThis.navigator ?? {};
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  locks?.request(PREFIX + keyOf(named), { mode: 'shared' }, () => released).catch(() => undefined);
  return release;
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
