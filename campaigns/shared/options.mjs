import { parseArgs } from 'node:util';
import { StepError } from '../../scripts/steps.mjs';

/**
 * Whole numbers and switches of a campaign's command line, by their names. All campaigns have
 * `--kills` and `--seed` (default 1).
 * @template {string} [Name=never]
 * @template {string} [Switch=never]
 * @param {number} kills default
 * @param {string} usage text of the error when the command line is wrong
 * @param {{ numbers?: readonly Name[], switches?: readonly Switch[] }} more numbers that may be left
 * out, and switches
 * @returns {{ kills: number, seed: number } & { [name in Name]?: number } & { [name in Switch]: boolean }}
 */
export function campaignOptions(kills, usage, { numbers = [], switches = [] } = {}) {
  const options = Object.fromEntries([
    ...['kills', 'seed', ...numbers].map((name) => [name, { type: 'string' }]),
    ...switches.map((name) => [name, { type: 'boolean', default: false }]),
  ]);
  try {
    const { values } = parseArgs({ options });
    const given = Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? Number(value) : value,
    ]);
    const parsed = { kills, seed: 1, ...Object.fromEntries(given) };
    const areWhole = Object.values(parsed).every(
      (value) => typeof value === 'boolean' || (Number.isInteger(value) && value >= 0),
    );
    if (areWhole && parsed.kills > 0) return parsed;
  } catch {
    // Fall through to the usage message.
  }
  throw new StepError(`Usage: ${usage}`);
}
