import type { LoadOptions } from './config.ts';
import { PerigeeError } from './error.ts';

const LEAST = { threads: 1, workers: 1, maxBatch: 1, maxQueue: 1, idleReleaseMs: 0 } as const;

/** @throws PerigeeError INVALID_CONFIG naming the option. A backend is judged where the model is opened. */
export function checkLoadOptions(options: LoadOptions): void {
  for (const [name, least] of Object.entries(LEAST)) {
    const value = options[name as keyof typeof LEAST] ?? least;
    if (!(Number.isInteger(value) && value >= least)) throw new PerigeeError('INVALID_CONFIG', `The load option ${name} is ${JSON.stringify(value)}; expected a whole number from ${least} up.`);
  }
}
