import { parseArgs } from 'node:util';
import { StepError } from '../steps.mjs';

/**
 * Whole numbers and switches of a campaign's command line; `--kills` and `--seed` (1 unless given) belong to all of them.
 * @param kills default   @param usage what is said when it was called wrongly   @param more numbers that may be left out
 */
export function campaignOptions(kills, usage, { more = [], switches = [] } = {}) {
  try {
    const text = (name) => [name, { type: 'string' }];
    const { values } = parseArgs({ options: Object.fromEntries([...['kills', 'seed', ...more].map(text), ...switches.map((name) => [name, { type: 'boolean', default: false }])]) });
    const { kills: given = kills, seed = 1, ...rest } = values;
    const numbers = { kills: Number(given), seed: Number(seed), ...Object.fromEntries(more.flatMap((name) => (name in rest ? [[name, Number(rest[name])]] : []))) };
    if (Object.values(numbers).every((number) => Number.isInteger(number) && number >= 0) && numbers.kills > 0) return { ...rest, ...numbers };
  } catch {
    // Said below.
  }
  throw new StepError(`Usage: ${usage}`);
}
