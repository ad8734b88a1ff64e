import { RegistryError } from './error.ts';
import { LIMITS } from './manifest/limits.ts';
import { parseRange } from './range.ts';
import { isVersion } from './semver.ts';

/** Text that selects a model: `digits` (channel "stable"), `digits@canary`, `digits@^1.2`. */
export interface ModelRef {
  readonly name: string;
  readonly selector:
    | { readonly kind: 'channel'; readonly channel: string }
    | { readonly kind: 'range'; readonly range: string };
}

/** The channel of a reference without "@". */
export const DEFAULT_CHANNEL = 'stable';
const NAME = /^[a-z0-9][a-z0-9._-]*$/;
const CHANNEL = /^[a-z][a-z0-9._-]*$/;
const MAX_RANGE_LENGTH = 128;

/**
 * Parses a reference to a model.
 * @throws RegistryError INVALID_INPUT
 * @example
 * ```ts
 * parseModelRef('digits@^1.2'); // { name: 'digits', selector: { kind: 'range', range: '^1.2' } }
 * ```
 */
export function parseModelRef(text: string): ModelRef {
  if (typeof text !== 'string') {
    throw new RegistryError(
      'INVALID_INPUT',
      'A model reference is text, such as "digits@stable"; got ' +
        `${text === null ? 'null' : typeof text}.`,
    );
  }
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  if (name.length > LIMITS.nameLength || !NAME.test(name)) {
    throw invalid(
      text,
      `the name "${name.slice(0, 200)}" may have lower-case letters, digits, ".", "_" and "-", ` +
        `at most ${LIMITS.nameLength}`,
    );
  }
  if (at < 0) return { name, selector: { kind: 'channel', channel: DEFAULT_CHANNEL } };
  const selector = text.slice(at + 1).trim();
  if (isChannelName(selector)) return { name, selector: { kind: 'channel', channel: selector } };
  if (selector !== '' && selector.length <= MAX_RANGE_LENGTH && isRange(selector))
    return { name, selector: { kind: 'range', range: selector } };
  throw invalid(
    text,
    `"${selector}" is neither a channel (stable, canary) nor a version range (1.2.0, ^1.2)`,
  );
}

/**
 * The canonical text of a reference: `digits` becomes `digits@stable`.
 * @example
 * ```ts
 * formatModelRef(parseModelRef('digits')); // 'digits@stable'
 * ```
 */
export function formatModelRef({ name, selector }: ModelRef): string {
  return `${name}@${selector.kind === 'channel' ? selector.channel : selector.range}`;
}

/**
 * Whether a channel can have this name. `x` cannot be one, because it is a range.
 * @example
 * ```ts
 * isChannelName('canary'); // true
 * isChannelName('1.x'); // false
 * ```
 */
export function isChannelName(text: string): boolean {
  return text.length <= LIMITS.nameLength && CHANNEL.test(text) && text !== 'x';
}

function isRange(text: string): boolean {
  if (isVersion(text)) return true;
  try {
    parseRange(text);
    return true;
  } catch {
    return false;
  }
}

function invalid(text: string, why: string): RegistryError {
  return new RegistryError(
    'INVALID_INPUT',
    `"${text.slice(0, 200)}" is not a model reference: ${why}.`,
  );
}
