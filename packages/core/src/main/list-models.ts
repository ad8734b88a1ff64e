import { fileBytesOf, memoryOf, workersOf } from './memory-of.ts';
import type { ListedModel, LoadedModel } from '../storage-types.ts';
import type { ModelHandle } from './model.ts';
import type { PerigeeState } from './perigee-state.ts';

/** Lists the versions on this device with their loaded models, sorted by name and version. */
export async function listModels({
  ask,
  models,
}: Pick<PerigeeState, 'ask' | 'models'>): Promise<readonly ListedModel[]> {
  const stored = (await ask('storage')).models;
  const loaded = new Map<string, (readonly [ModelHandle, string])[]>();
  for (const entry of models)
    loaded.set(keyOf(entry[0]), [...(loaded.get(keyOf(entry[0])) ?? []), entry]);
  const listed = stored.map((version): ListedModel => {
    const handles = loaded.get(keyOf(version)) ?? [];
    loaded.delete(keyOf(version));
    return { ...version, loaded: handles.map(describe) };
  });
  // Add versions that are loaded but were deleted from the device.
  for (const handles of loaded.values()) {
    for (const [{ name, version, variant }] of handles.slice(0, 1)) {
      listed.push({
        name,
        version,
        variant,
        state: 'removed',
        sizeBytes: 0,
        loaded: handles.map(describe),
      });
    }
  }
  return listed.sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

function describe([model, ref]: readonly [ModelHandle, string]): LoadedModel {
  const { alive, isOpening, pending, lastUsedMs } = model.pool.use;
  const state = pending > 0 ? 'busy' : alive.length > 0 || isOpening ? 'idle' : 'released';
  const { backend, engine, threads } = model;
  const workers = workersOf(model);
  return {
    ref,
    state,
    backend,
    engine,
    threads,
    workers,
    memoryBytes: memoryOf(fileBytesOf(model), workers),
    lastUsedMs,
  };
}

function keyOf({
  name,
  version,
  variant,
}: {
  readonly name: string;
  readonly version: string;
  readonly variant: string;
}): string {
  return `${name}@${version}/${variant}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
