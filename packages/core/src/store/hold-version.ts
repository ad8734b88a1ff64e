import { versionKey } from './memory.ts';

interface Named {
  readonly model: string;
  readonly version: string;
  readonly variant: string;
}

interface Hold {
  holders: number;
  release(): void;
}

const PREFIX = 'perigee:use:';
const held = new Map<string, Hold>();

/**
 * Keeps a version from garbage collection in all tabs, until the returned function is called or
 * this thread ends. Without Web Locks (Node before 24.5), only pointers and leases keep it.
 */
export function holdVersion(named: Named): () => void {
  const name = PREFIX + keyOf(named);
  const hold = held.get(name) ?? lockShared(name);
  hold.holders += 1;
  return () => {
    hold.holders -= 1;
    if (hold.holders === 0) hold.release();
  };
}

/** Takes one lock for all holders of the version in this thread. */
function lockShared(name: string): Hold {
  let free = (): void => undefined;
  const released = new Promise<void>((resolve) => (free = resolve));
  const hold: Hold = {
    holders: 0,
    release() {
      held.delete(name);
      free();
    },
  };
  held.set(name, hold);
  globalThis.navigator?.locks
    ?.request(name, { mode: 'shared' }, () => released)
    .catch(() => undefined);
  return hold;
}

/**
 * Asks once which versions are open in any tab. Resolves to a function that tells whether one is.
 */
export async function heldVersions(): Promise<(named: Named) => boolean> {
  const { locks } = globalThis.navigator ?? {};
  const held = new Set((await locks?.query())?.held?.map(({ name }) => name) ?? []);
  return (named) => held.has(PREFIX + keyOf(named));
}

export function keyOf({ model, version, variant }: Named): string {
  return versionKey(model, version, variant);
}
