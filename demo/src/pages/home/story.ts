// A story for the first page, told by a simulated fleet of its own: a version is shipped, and
// spreads; a bad one follows, and the guard takes it back.
import type { Command, Snapshot } from '../../fleet/protocol.ts';

const SPEED = 600;
const FIRST_PERCENT = 30;
/** Devices that have the good version when everyone gets it: about 15 s into the story. */
const SPREAD = 45;
/** Real time for which a result stands before the story goes on. */
const REST_MS = 6_000;

export interface Story {
  pause(paused: boolean): void;
  stop(): void;
}

type Scene = 'before' | 'good' | 'spread' | 'bad' | 'undone';

/**
 * Tells the story again and again.
 * @param isStill tells one scene only, and stops there
 */
export function tellStory(
  show: (snapshot: Snapshot) => void,
  { isStill }: { readonly isStill: boolean },
): Story {
  let worker = begin();
  const say = (command: Command): void => worker.postMessage(command);
  let scene: Scene = 'before';
  let sinceMs = 0;

  function go(next: Scene, ...commands: Command[]): void {
    scene = next;
    sinceMs = performance.now();
    commands.forEach(say);
  }

  function direct({ skipping, counts, rollout, guard }: Snapshot): void {
    const hasRested = performance.now() - sinceMs > REST_MS;
    if (skipping > 0) return;
    if (scene === 'before') {
      go('good', { type: 'ship', fault: null, percent: FIRST_PERCENT });
      say(isStill ? { type: 'skip', hours: 3 } : { type: 'speed', speed: SPEED });
    } else if (isStill) say({ type: 'pause', paused: true });
    else if (scene === 'good' && counts.new > SPREAD) go('spread', { type: 'everyone' });
    else if (scene === 'spread' && hasRested)
      go('bad', { type: 'ship', fault: 'throws', percent: FIRST_PERCENT });
    else if (scene === 'bad' && (guard.outcome === 'acted' || !rollout)) go('undone');
    else if (scene === 'undone' && hasRested) startOver();
  }

  function begin(): Worker {
    const made = new Worker(new URL('../../fleet/worker.ts', import.meta.url), {
      type: 'module',
      name: 'simulated-fleet-of-the-first-page',
    });
    made.addEventListener('message', ({ data }: MessageEvent<Snapshot>) => {
      if (data.skipping === 0 || !isStill) show(data);
      direct(data);
    });
    return made;
  }

  function startOver(): void {
    worker.terminate();
    scene = 'before';
    worker = begin();
  }

  return {
    pause: (paused) => say({ type: 'pause', paused }),
    stop: () => worker.terminate(),
  };
}
