import type { Remembered } from '../backends/choose-backend.ts';
import type { Trial } from '../../model-types.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { Finding } from './finding.ts';
import { asSentence } from './sentence.ts';

const REFUSED: ReadonlySet<Trial['verdict']> = new Set(['wrong-output', 'failed']);

/** Checks that WebGPU is available and was not disqualified for a model. */
export async function checkGpu(state: PerigeeState): Promise<readonly Finding[]> {
  const { backends, skipped, missingImport } = await state.runtime.gpu();
  const absent = skipped.filter(({ backend }) => backend === 'webgpu');
  return [
    ...absent.map(({ reason, isSoftware = false }) => ofAdapter(reason, isSoftware)),
    ...(missingImport !== undefined && backends.includes('webgpu') ? [unused(missingImport)] : []),
    ...(await disqualified(state)),
  ];
}

function ofAdapter(reason: string, isSoftware: boolean): Finding {
  const isInsecure = globalThis.isSecureContext === false;
  return {
    id: isSoftware ? 'webgpu-software' : 'webgpu-absent',
    severity: 'info',
    what: 'Models do not run on WebGPU.',
    why: isInsecure
      ? 'Browsers give WebGPU only to pages that are served over HTTPS.'
      : asSentence(`${reason.charAt(0).toUpperCase()}${reason.slice(1)}`),
    remedy: isInsecure
      ? 'Serve the page over HTTPS.'
      : 'Use a browser with WebGPU, with hardware acceleration on and a current driver.',
  };
}

function unused(line: string): Finding {
  return {
    id: 'webgpu-not-imported',
    severity: 'info',
    what: 'ONNX models do not run on WebGPU.',
    why: 'This browser has WebGPU, but the app does not contain the files for it.',
    remedy: `If models are slow, add the line to the app: ${line}.`,
  };
}

async function disqualified(state: PerigeeState): Promise<Finding[]> {
  const found = new Map<string, Trial>();
  const add = (name: string, trials: readonly Trial[]): void => {
    const onGpu = trials.filter(({ backend }) => backend === 'webgpu');
    const refused = onGpu.find(({ verdict }) => REFUSED.has(verdict));
    if (refused) found.set(name, refused);
  };
  for (const [key, { trials }] of await rememberedTrials(state)) add(key, trials);
  for (const { name, version, trials } of state.models.keys()) add(`${name}@${version}`, trials);
  return Array.from(found, ([name, { reason, maxError }]) => ({
    id: 'webgpu-disqualified',
    severity: 'warning',
    what: `${name} does not run on WebGPU, and answers from another backend.`,
    why: asSentence(`Its trial there failed: ${reason ?? `the largest error is ${maxError}`}`),
    remedy: 'Update the browser and the graphics driver.',
  }));
}

/** Returns the remembered trials of active models, if they are valid for this device. */
async function rememberedTrials(state: PerigeeState): Promise<[string, Remembered][]> {
  const { ask, runtime } = state;
  const { models } = await ask('storage').catch(() => ({ models: [] }));
  const active = models.filter(({ state }) => state === 'active');
  const found = active.map(async ({ name, version, variant }): Promise<[string, Remembered][]> => {
    const model = `${name}@${version}`;
    const value = await ask('recall', `backend:${model}/${variant}`);
    const remembered = value as Remembered | undefined;
    return remembered?.deviceKey === runtime.deviceKey() ? [[model, remembered]] : [];
  });
  return (await Promise.all(found)).flat();
}
