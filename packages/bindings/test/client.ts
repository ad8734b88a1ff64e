import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createPerigee } from 'perigee';
import type { KnownRef, LoadOptions, Model, Perigee } from 'perigee';
import { inject, onTestFinished } from 'vitest';

export const MODEL_FILE = pathToFileURL(
  join(import.meta.dirname, '../../../models/wdbc/versions/1.0.0/model.onnx'),
);

/** Input of the model wdbc. */
export const ROW: readonly number[] = Array.from({ length: 30 }, (_, i) => i);

export interface Client extends Perigee {
  readonly loads: number;
  /** The number of loads that were aborted. */
  readonly aborted: number;
  /** The models that were loaded, and whether they were disposed since. */
  readonly loaded: readonly { readonly model: Model; readonly isDisposed: boolean }[];
}

/** A Perigee on the registry of the tests. It notes what is loaded and disposed. */
export function client(): Client {
  const perigee = createPerigee({ registry: inject('registry') });
  onTestFinished(() => perigee.dispose());
  const noted = { loads: 0, aborted: 0, loaded: [] as { model: Model; isDisposed: boolean }[] };

  async function load(ref: KnownRef, options?: LoadOptions): Promise<Model> {
    noted.loads += 1;
    options?.signal?.addEventListener('abort', () => (noted.aborted += 1));
    const model = await perigee.load(ref, options);
    const entry = { model, isDisposed: false };
    noted.loaded.push(entry);
    const dispose = model.dispose.bind(model);
    model.dispose = () => {
      entry.isDisposed = true;
      return dispose();
    };
    return model;
  }

  // TypeScript cannot relate Model to the type that `load()` chooses by the name.
  return Object.assign(noted, { ...perigee, load: load as Perigee['load'] });
}
