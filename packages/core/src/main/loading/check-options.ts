import type {
  BackendChoice,
  LoadOptions,
  PerigeeConfig,
  PredictOptions,
  TelemetryConfig,
} from '../../config.ts';
import { PerigeeError } from '../../error.ts';
import type { RunOptions } from '../../model-types.ts';
import type { LoadModelOptions } from '../load-model.ts';

/**
 * The values that an option accepts. A string lists words and types, separated by bars. `false`
 * stands for itself. A pair is the smallest and the largest number; if the smallest is 1, the
 * number must be an integer.
 */
export type Rule = string | false | readonly [number, number];
export type Rules = Readonly<Record<string, Rule>>;
/** One rule for each option. An option without a rule does not compile. */
type RulesOf<Options> = Readonly<Record<keyof Options, Rule>>;

/** Timers accept at most this many milliseconds (a signed 32-bit integer). */
const MOST = 2 ** 31 - 1;
const MS = [0, MOST] as const;
const COUNT = [1, MOST] as const;
const PARALLEL = [1, 256] as const;

const SHARED = {
  registry: 'string|object',
  trustedRoot: 'string|object',
  assetsUrl: 'string',
  wasmUrl: 'string',
  request: 'object',
} satisfies Rules;

export const TELEMETRY = {
  url: 'string',
  fetch: 'function',
  key: 'string',
  intervalMs: [1_000, MOST],
  segment: 'string',
  sampling: [0, 1],
  consent: 'required',
  localPrivacy: 'object',
} satisfies RulesOf<TelemetryConfig>;

export const CONFIG = {
  ...SHARED,
  installId: 'string',
  telemetry: 'object',
  store: 'indexeddb|memory|object',
  encryptAtRest: 'boolean',
  memoryBudgetMB: MS,
} satisfies RulesOf<PerigeeConfig>;

const BACKENDS = {
  auto: 1,
  webgpu: 1,
  webnn: 1,
  webgl: 1,
  wasm: 1,
  cpu: 1,
  native: 1,
} satisfies Record<BackendChoice, 1>;

export const LOAD = {
  backend: Object.keys(BACKENDS).join('|'),
  threads: PARALLEL,
  workers: PARALLEL,
  maxBatch: COUNT,
  maxQueue: COUNT,
  warmUp: 'boolean',
  idleReleaseMs: MS,
  update: 'local|localUpdateInBackground|latest',
  latestTimeoutMs: MS,
  onProgress: 'function',
  signal: 'AbortSignal',
  telemetry: false,
} satisfies RulesOf<LoadOptions>;

export const LOAD_MODEL = {
  ...LOAD,
  ...SHARED,
  format: 'onnx|ort|tfjs',
} satisfies RulesOf<LoadModelOptions>;

export const PREDICT = {
  signal: 'AbortSignal',
  priority: 'interactive|background',
  timeoutMs: MS,
  transfer: 'boolean',
} satisfies RulesOf<PredictOptions>;
export const RUN = { ...PREDICT, outputs: 'object' } satisfies RulesOf<RunOptions>;

/**
 * Checks options against their rules.
 * @param what the method, for the message
 * @throws PerigeeError INVALID_CONFIG naming the option, the value and the expected values, or the
 *   most similar option's name
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
    // Treat null as an absent option, except for numbers, which are computed with.
    if (value === undefined || (value === null && typeof rule !== 'object')) continue;
    if (isTaken(value, rule)) continue;
    throw invalid(
      what,
      name,
      value,
      typeof rule === 'object'
        ? `a ${rule[0] === 1 ? 'whole ' : ''}number from ${rule[0]} to ${rule[1]}`
        : String(rule).replaceAll('|', ', '),
    );
  }
}

/**
 * Compares words by value and types by `typeof`. An AbortSignal may come from another realm, so it
 * is recognised by its method.
 */
function isTaken(value: unknown, rule: Rule): boolean {
  if (typeof rule === 'object') {
    const isNumber = rule[0] === 1 ? Number.isInteger : Number.isFinite;
    return isNumber(value) && (value as number) >= rule[0] && (value as number) <= rule[1];
  }
  if (rule === 'AbortSignal') return !!(value as AbortSignal).throwIfAborted;
  if (!rule) return value === rule;
  const isType = /^(string|object|function|boolean)$/;
  return rule.split('|').some((taken) => taken === (isType.test(taken) ? typeof value : value));
}

export function invalid(
  what: string,
  name: string,
  value: unknown,
  expected: string,
): PerigeeError {
  const got =
    typeof value === 'string'
      ? JSON.stringify(value)
      : Object(value) === value
        ? typeof value
        : String(value);
  return new PerigeeError('INVALID_CONFIG', `${what}: ${name} is ${got}; expected ${expected}.`);
}

/** Returns the option that shares the most letter pairs with the name, relative to its length. */
function nearest(name: string, rules: Rules): string {
  const shared = (option: string): number =>
    [...option].filter((_, i) => name.toLowerCase().includes(option.slice(i, i + 2).toLowerCase()))
      .length -
    option.length / 2;
  return Object.keys(rules).reduce((best, option) =>
    shared(option) > shared(best) ? option : best,
  );
}
