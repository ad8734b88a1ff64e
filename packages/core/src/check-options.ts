import { PerigeeError } from './error.ts';

/**
 * The values that an option takes: words and types with bars between them; `false` alone; or the
 * least and the greatest number, from 1 up whole ones.
 */
export type Rule = string | false | readonly [number, number];
export type Rules = Readonly<Record<string, Rule>>;

/** Timers take no more milliseconds. */
const MOST = 2 ** 31 - 1;
const MS = [0, MOST] as const;
const COUNT = [1, MOST] as const;
const PARALLEL = [1, 256] as const;

const SHARED = {
  registry: 'string|object', trustedRoot: 'string|object', wasmUrl: 'string',
  request: 'object',
} satisfies Rules;

export const TELEMETRY = {
  url: 'string', key: 'string', intervalMs: [1_000, MOST], segment: 'string', sampling: [0, 1],
  consent: 'required', localPrivacy: 'object',
} satisfies Rules;

export const CONFIG = {
  ...SHARED, installId: 'string', telemetry: 'object', store: 'indexeddb|memory|object',
  encryptAtRest: 'boolean', memoryBudgetMB: MS,
} satisfies Rules;

export const LOAD = {
  backend: 'auto|webgpu|webnn|webgl|wasm|cpu|native', threads: PARALLEL, workers: PARALLEL,
  maxBatch: COUNT, maxQueue: COUNT, warmUp: 'boolean', idleReleaseMs: MS,
  update: 'local|localUpdateInBackground|latest', latestTimeoutMs: MS, onProgress: 'function',
  signal: 'AbortSignal', telemetry: false,
} satisfies Rules;

export const LOAD_MODEL = { ...LOAD, ...SHARED, format: 'onnx|ort|tfjs' } satisfies Rules;

export const PREDICT = {
  signal: 'AbortSignal', priority: 'interactive|background', timeoutMs: MS, transfer: 'boolean',
} satisfies Rules;
export const RUN = { ...PREDICT, outputs: 'object' } satisfies Rules;

/**
 * @throws PerigeeError INVALID_CONFIG naming the option, what came and what was expected, or the
 * nearest option there is
 */
export function checkOptions(what: string, options: object, rules: Rules): void {
  if (!options || typeof options !== 'object') throw invalid(what, 'options', options, 'an object');
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, name))
      throw new PerigeeError(
        'INVALID_CONFIG',
        `${what} has no option "${name}". Did you mean "${nearest(name, rules)}"?`,
      );
    const rule = rules[name] as Rule;
    // Null is no option given, but where a number is computed with.
    if (value === undefined || (value === null && typeof rule !== 'object')) continue;
    if (isTaken(value, rule)) continue;
    throw invalid(what, name, value, typeof rule === 'object'
      ? `a ${rule[0] === 1 ? 'whole ' : ''}number from ${rule[0]} to ${rule[1]}`
      : String(rule).replaceAll('|', ', '));
  }
}

/** Words are compared as they are, types by `typeof`. A signal may be of another realm. */
function isTaken(value: unknown, rule: Rule): boolean {
  if (typeof rule === 'object') {
    const isNumber = rule[0] === 1 ? Number.isInteger : Number.isFinite;
    return isNumber(value) && (value as number) >= rule[0] && (value as number) <= rule[1];
  }
  if (rule === 'AbortSignal') return !!(value as AbortSignal).throwIfAborted;
  if (!rule) return value === rule;
  const isType = /^(st|ob|fu|bo)/;
  return rule.split('|').some((taken) => taken === (isType.test(taken) ? typeof value : value));
}

export function invalid(what: string, name: string, value: unknown, expected: string): PerigeeError {
  const got = typeof value === 'string' ? JSON.stringify(value)
    : Object(value) === value ? typeof value : String(value);
  return new PerigeeError('INVALID_CONFIG', `${what}: ${name} is ${got}; expected ${expected}.`);
}

/** The option with the most pairs of letters that the name has too. */
function nearest(name: string, rules: Rules): string {
  const shared = (option: string): number => [...option].filter((_, i) => name.toLowerCase().includes(option.slice(i, i + 2).toLowerCase())).length - option.length / 2;
  return Object.keys(rules).reduce((best, option) => (shared(option) > shared(best) ? option : best));
}
