import type { PerigeeState } from '../perigee-state.ts';
import type { Finding } from './finding.ts';
import { isServer } from './place.ts';
import { asSentence } from './sentence.ts';
import { startRuntime } from './start-runtime.ts';

/** Checks that the native runtime is installed and runs on this system. */
export async function checkNative(state: PerigeeState): Promise<readonly Finding[]> {
  if (!isServer(state.runtime)) return [];
  const { fault } = await startRuntime(state, 'native');
  if (fault === null) return [];
  return [
    {
      id: 'native-unavailable',
      severity: 'warning',
      what: 'Models run on wasm instead of native code.',
      why: asSentence(`onnxruntime-node is not installed, or does not start here: ${fault}`),
      remedy: 'Run "npm install onnxruntime-node" on this system.',
    },
  ];
}
