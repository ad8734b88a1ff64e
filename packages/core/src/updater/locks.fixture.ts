import { onTestFinished, vi } from 'vitest';

interface Waiting {
  readonly mode: 'exclusive' | 'shared';
  readonly run: () => Promise<unknown>;
}

/** Gives this process Web Locks until the test ends, as browsers have them. */
export function giveLocks(): void {
  const queues = new Map<string, { held: Waiting[]; waiting: Waiting[] }>();
  const next = (name: string): void => {
    const queue = queues.get(name);
    const [first] = queue?.waiting ?? [];
    if (!queue || !first) return;
    const isFree =
      queue.held.length === 0 ||
      (first.mode === 'shared' && queue.held.every(({ mode }) => mode === 'shared'));
    if (!isFree) return;
    queue.waiting.shift();
    queue.held.push(first);
    void first.run().finally(() => {
      queue.held.splice(queue.held.indexOf(first), 1);
      next(name);
    });
    next(name);
  };
  const request = (
    name: string,
    options: { readonly mode?: Waiting['mode'] } | (() => unknown),
    work?: () => unknown,
  ): Promise<unknown> => {
    const [given, call] = typeof options === 'function' ? [{}, options] : [options, work!];
    return new Promise((resolve, reject) => {
      const queue = queues.get(name) ?? { held: [], waiting: [] };
      queues.set(name, queue);
      const run = async (): Promise<void> => {
        await Promise.resolve().then(call).then(resolve, reject);
      };
      queue.waiting.push({ mode: given.mode ?? 'exclusive', run });
      next(name);
    });
  };
  const query = async () => ({
    held: Array.from(queues).flatMap(([name, { held }]) => held.map(() => ({ name }))),
  });
  vi.stubGlobal('navigator', { ...globalThis.navigator, locks: { request, query } });
  onTestFinished(() => void vi.unstubAllGlobals());
}
