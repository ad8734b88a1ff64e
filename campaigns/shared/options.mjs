import { parseArgs } from 'node:util';
import { StepError } from '../../scripts/steps.mjs';

/**
 * Whole numbers and switches of a campaign's command line. All campaigns have `--kills` and
 * `--seed` (default 1).
 * @param kills default
 * @param usage text of the error when the command line is wrong
 * @param more optional numbers
 */
export function campaignOptions(kills, usage, { more = [], switches = [] } = {}) {
  try {
    const text = (name) => [name, { type: 'string' }];
    const { values } = parseArgs({
      options: Object.fromEntries([
        ...['kills', 'seed', ...more].map(text),
        ...switches.map((name) => [name, { type: 'boolean', default: false }]),
      ]),
    });
    const { kills: given = kills, seed = 1, ...rest } = values;
    const numbers = {
      kills: Number(given),
      seed: Number(seed),
      ...Object.fromEntries(
        more.flatMap((name) => (name in rest ? [[name, Number(rest[name])]] : [])),
      ),
    };
    if (
      Object.values(numbers).every((number) => Number.isInteger(number) && number >= 0) &&
      numbers.kills > 0
    )
      return { ...rest, ...numbers };
  } catch {
    // Fall through to the usage message.
  }
  throw new StepError(`Usage: ${usage}`);
}
