// Tells whether other programs spoiled a measurement: the raw side computes the same each time, so
// its times spread only if the machine was busy. Spoiled models are measured again.
import { quantile } from './format.mjs';

/** @typedef {import('./types.d.ts').Spread} Spread */
/** @typedef {import('./types.d.ts').Attempt} Attempt */
/** @typedef {import('./types.d.ts').Titled} Titled */

/** A larger spread spoils a model. Ratios of medians still hold a few percent below it. */
const LIMIT = 0.3;
const ATTEMPTS = 3;
/** Browsers round shorter times too coarsely for a spread. */
const COARSE_MS = 1;

/**
 * The interquartile ranges of a raw side's times, as shares of their median; the widest first.
 * @param {Attempt['controls']} controls
 * @returns {Spread[]}
 */
function spreadsOf(controls) {
  return [...controls]
    .filter(([, times]) => times.length > 2 && quantile(times, 0.5) >= COARSE_MS)
    .map(([label, times]) => ({
      label,
      share: (quantile(times, 0.75) - quantile(times, 0.25)) / quantile(times, 0.5),
    }))
    .sort((a, b) => b.share - a.share);
}

/**
 * The widest spread of a measurement; null for one that times no raw side.
 * @param {Attempt['controls']} controls
 * @returns {Spread | null}
 */
export const widest = (controls) => spreadsOf(controls)[0] ?? null;

/** @param {Spread | null | undefined} spread */
export const isSpoiled = (spread) => (spread?.share ?? 0) > LIMIT;

/**
 * Measures a section up to three times. A section by model repeats only the models that were
 * spoiled, and keeps each model's measurement with the smallest spread. Another section is repeated
 * as a whole.
 * @param {(isWanted: (model: Titled) => boolean) => Promise<Attempt>} measure
 * @returns {Promise<Attempt>}
 */
export async function unspoiled(measure) {
  let best = await measure(() => true);
  for (let attempt = 2; attempt <= ATTEMPTS && isSpoiled(widest(best.controls)); attempt += 1) {
    const { models, controls } = best;
    const again = await measure((model) => !models || isSpoiled(widest(of(model, controls))));
    best = models ? mergeModels(best, again) : withSmallerSpread(best, again);
  }
  return best;
}

/**
 * The controls of one model: their labels begin with its title.
 * @param {Titled} model
 * @param {Attempt['controls']} controls
 * @returns {Attempt['controls']}
 */
function of({ title }, controls) {
  return new Map([...controls].filter(([label]) => label.startsWith(title)));
}

/**
 * @param {Attempt} before
 * @param {Attempt} again
 * @returns {Attempt}
 */
function mergeModels(before, again) {
  const better = (again.models ?? []).filter(
    (model) => shareOf(of(model, again.controls)) < shareOf(of(model, before.controls)),
  );
  return {
    ...before,
    figures: {
      ...before.figures,
      ...Object.fromEntries(better.map(({ name }) => [name, again.figures[name]])),
    },
    leftOut: [...new Set([...before.leftOut, ...again.leftOut])],
    controls: new Map([
      ...before.controls,
      ...better.flatMap((model) => [...of(model, again.controls)]),
    ]),
  };
}

/**
 * @param {Attempt} before
 * @param {Attempt} again
 */
function withSmallerSpread(before, again) {
  return shareOf(again.controls) < shareOf(before.controls) ? again : before;
}

/** @param {Attempt['controls']} controls */
const shareOf = (controls) => widest(controls)?.share ?? 0;
