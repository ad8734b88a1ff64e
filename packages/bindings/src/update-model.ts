import type { Model } from 'perigee';
import type { ModelFacts } from './model-facts.ts';
import type { Query } from './query.ts';

/** Updates the model of a query, and shows the progress in its state. */
export async function updateModel(query: Query<Model, ModelFacts>): Promise<string | undefined> {
  const { data: model } = query.getSnapshot();
  if (!model) return undefined;
  // The query may have another model by the time the update ends.
  const set: typeof query.set = (change) => {
    if (query.getSnapshot().data === model) query.set(change);
  };
  set({ isUpdating: true, progress: 0 });
  try {
    const version = await model.update({
      onProgress: ({ fraction }) => set({ progress: fraction }),
    });
    set({ updateAvailable: undefined });
    return version;
  } finally {
    set({ progress: 1, version: model.version, backend: model.backend });
    if (query.getSnapshot().data) query.set({ isUpdating: false });
  }
}
