import type { GoldenSamples } from '@perigee/registry';
import type { Backend } from 'perigee';
import { DEFAULT_TOLERANCE } from '../golden/golden-samples.ts';
import type { MadeVariant } from './make-variant.ts';
import { measureLoss, worseLoss } from './measure-loss.ts';
import type { LabelOutput, Loss } from './measure-loss.ts';
import { runModel } from '../run-model.ts';
import { timeSessions } from './time-sessions.ts';
import type { SessionTimes } from './time-sessions.ts';

export interface Measurement extends SessionTimes {
  /** The worst over all backends here. */
  readonly loss: Loss;
  /** Backends that were measured. */
  readonly backends: readonly string[];
}

/**
 * Measures a variant on wasm, and natively if onnxruntime-node is installed, because the two round
 * differently.
 */
export async function measureVariant(
  { model, optimized = false }: Pick<MadeVariant, 'model' | 'optimized'>,
  golden: GoldenSamples,
  labelOutput: LabelOutput | null,
): Promise<Measurement> {
  const lossOn = async (backend: Backend): Promise<Loss> => {
    const running = await runModel(model.files, backend);
    try {
      return await measureLoss(running, golden, labelOutput, DEFAULT_TOLERANCE.default);
    } finally {
      await running.close();
    }
  };
  const loss = await lossOn('wasm');
  const times = await timeSessions(model, optimized, golden);
  try {
    return {
      ...times,
      loss: worseLoss(loss, await lossOn('native')),
      backends: ['wasm', 'native'],
    };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'BACKEND_UNAVAILABLE'))
      throw error;
    return { ...times, loss, backends: ['wasm'] };
  }
}
