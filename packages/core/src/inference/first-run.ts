import { toleranceFor } from '@perigee/registry';
import type { GoldenSamples, Signature, Tolerance } from '@perigee/registry';
import type { Backend, EngineName } from '../config.ts';
import type { EngineSession } from '../engines/engine.ts';
import { messageOf, PerigeeError } from '../error.ts';
import type { Trial } from '../model-types.ts';
import { checkFeeds } from '../pipeline/input/validate-input.ts';
import type { OpenOptions } from '../rpc/inference-api.ts';
import type { StoredRelease } from '../store/load-stored.ts';
import type { Tensors } from '../tensor.ts';
import { runGolden, timeSample } from './golden.ts';
import type { GoldenResult, InTurn } from './golden.ts';
import { PROBE_TOLERANCE, probeSession } from './probe.ts';

/** A backend that a session was opened on. */
export interface Candidate {
  readonly backend: Backend;
  readonly engine: EngineName;
  /** Time to open the session in milliseconds. */
  readonly openMs: number;
}

export interface FirstRun {
  readonly trial: Trial;
  readonly warmUpMs: number;
  /** Times a sample that was compared and not timed; null when there is none. */
  readonly timeSample: ((inTurn: InTurn) => Promise<number>) | null;
}

/** Runs the trial. Without samples it runs made-up input if `warmUp` is set, else nothing. */
export async function firstRun(
  session: EngineSession,
  candidate: Candidate,
  stored: StoredRelease | null,
  { trial, warmUp }: OpenOptions,
): Promise<FirstRun> {
  const golden = trial === 'none' ? null : (stored?.golden() ?? null);
  const samples = typeof trial === 'object' ? trial.probes : golden;
  if (!samples) {
    const start = performance.now();
    if (warmUp) await probeSession(session);
    return {
      trial: {
        ...candidate,
        verdict: 'passed',
        ...(trial !== 'none' && { reason: 'the model has no golden samples' }),
      },
      warmUpMs: warmUp ? performance.now() - start : 0,
      timeSample: null,
    };
  }
  const run = (feeds: Tensors): Promise<Tensors> =>
    session.run(checkedSample(feeds, session.signature));
  const hold = (held: GoldenSamples, tolerance: Tolerance): Promise<GoldenResult> =>
    runGolden(held, run, tolerance, trial !== 'golden');
  const [sample] = samples.samples;
  const passed =
    golden && stored ? await hold(golden, toleranceOf(stored, candidate.backend)) : null;
  // Probes do not replace a release's golden samples. They run after them, to measure a call.
  const result =
    passed && (typeof trial !== 'object' || !passed.passed)
      ? passed
      : await hold(samples, PROBE_TOLERANCE);
  return {
    trial: {
      ...candidate,
      verdict: result.passed ? 'passed' : 'wrong-output',
      maxError: result.maxError,
      ...(result.medianMs !== undefined && { medianMs: result.medianMs }),
      ...(result.failure !== undefined && { reason: result.failure }),
    },
    warmUpMs: result.firstMs,
    timeSample:
      sample && result.medianMs === undefined ? (inTurn) => timeSample(sample, run, inTurn) : null,
  };
}

/** Checks a sample as `predict()` checks input: a release that refuses every call fails here. */
function checkedSample(feeds: Tensors, signature: Signature): Tensors {
  try {
    return checkFeeds(feeds, signature);
  } catch (cause) {
    throw new PerigeeError(
      'INVALID_MANIFEST',
      `The golden samples do not fit the model's inputs: ${messageOf(cause)} Pack the model again.`,
      { cause },
    );
  }
}

function toleranceOf({ manifest, variant }: StoredRelease, backend: Backend): Tolerance {
  return manifest.golden
    ? toleranceFor(manifest.golden.tolerance, variant.id, backend)
    : PROBE_TOLERANCE;
}
