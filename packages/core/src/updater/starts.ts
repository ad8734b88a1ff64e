import { isAlive, ownerOf } from '#scope';
import type { Owner } from '../runtime/owner.ts';
import type { ModelStore } from '../store/store.ts';

/**
 * Marks of starts. The store holds a mark while a version on probation is opened and while it makes
 * its first prediction here. Every orderly end removes it. A mark whose process or page is gone
 * shows that this step took it down, most likely because of the version.
 */

interface Mark {
  readonly version: string;
  readonly variant: string;
  readonly sinceMs: number;
  readonly owner: Owner;
}

type Side = Pick<Mark, 'version' | 'variant'>;

/** The marks of one updater worker. */
export interface Starts {
  /**
   * Begins a start. The first of several concurrent starts writes the mark. Resolves to the
   * argument of `end`.
   * @param page distinguishes the marks of this page or process from those of others
   */
  begin(store: ModelStore, ref: string, side: Side, page: string): Promise<number>;
  /**
   * Ends a start. The last of several concurrent starts removes the mark and resolves to whether
   * one of them failed; the others resolve to null.
   */
  end(store: ModelStore, token: number, hasFailed: boolean): Promise<Ended | null>;
  /** Removes all marks, because the process or page ends or is left. */
  leave(store: ModelStore): Promise<void>;
}

export interface Ended extends Side {
  readonly ref: string;
  readonly hasFailed: boolean;
}

interface Open extends Side {
  readonly ref: string;
  readonly key: string;
  readonly tokens: Set<number>;
  hasFailed: boolean;
}

const PREFIX = 'start:';
// References have no line breaks.
const prefixOf = (ref: string): string => `${PREFIX}${ref}\n`;

export function createStarts(): Starts {
  const open = new Map<string, Open>();
  let last = 0;
  /** The last write; writes happen in the order of the calls. */
  let written: Promise<unknown> = Promise.resolve();

  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = written.then(work);
    written = done.catch(() => undefined);
    return done;
  }

  function put(store: ModelStore, { key, version, variant }: Open): Promise<void> {
    return inTurn(async () =>
      store.putValue(key, {
        version,
        variant,
        sinceMs: Date.now(),
        owner: await ownerOf(),
      } satisfies Mark),
    );
  }

  return {
    async begin(store, ref, { version, variant }, page) {
      const token = ++last;
      const key = `${prefixOf(ref)}${page} ${version} ${variant}`;
      const known = open.get(key);
      known?.tokens.add(token);
      if (known) await written;
      else {
        const begun: Open = {
          ref,
          key,
          version,
          variant,
          tokens: new Set([token]),
          hasFailed: false,
        };
        open.set(key, begun);
        await put(store, begun).catch((error: unknown) => {
          open.delete(key);
          throw error;
        });
      }
      return token;
    },

    async end(store, token, hasFailed) {
      const ended = [...open.values()].find(({ tokens }) => tokens.delete(token));
      if (!ended) return null;
      ended.hasFailed ||= hasFailed;
      if (ended.tokens.size > 0) return null;
      open.delete(ended.key);
      await inTurn(() => store.deleteValue(ended.key));
      return ended;
    },

    async leave(store) {
      const keys = [...open.keys()];
      open.clear();
      await inTurn(async () => {
        for (const key of keys) await store.deleteValue(key);
      });
    },
  };
}

/**
 * Finds the marks of processes and pages that are gone.
 * @param left pages that were left in an orderly way, but ended before that was written
 * @returns when the last such start of this version began (0 when there is none), and a function
 *   that deletes the marks; null without such marks
 */
export async function collectDeadStarts(
  store: ModelStore,
  ref: string,
  { version, variant }: Side,
  left: readonly string[],
): Promise<{ readonly sinceMs: number; forget(): Promise<void> } | null> {
  for (const [key] of left.length > 0 ? await store.getValues(PREFIX) : [])
    if (left.some((page) => key.includes(`\n${page} `))) await store.deleteValue(key);
  const marks = (await store.getValues(prefixOf(ref))) as (readonly [string, Mark])[];
  const dead: (readonly [string, Mark])[] = [];
  for (const entry of marks)
    if (!(await isAlive(entry[1].owner, entry[1].sinceMs))) dead.push(entry);
  const own = dead.filter(([, mark]) => mark.version === version && mark.variant === variant);
  if (dead.length === 0) return null;
  return {
    sinceMs: Math.max(0, ...own.map(([, { sinceMs }]) => sinceMs)),
    async forget() {
      for (const [key] of dead) await store.deleteValue(key);
    },
  };
}
