import type { Model } from 'perigee';
import type { ModelFacts } from './model-facts.ts';
import type { Query } from './query.ts';

/** Updates the model of a query, and shows the progress in its state. */
export async function updateModel(query: Query<Model, ModelFacts>): Promise<string | undefined> {
  const { data: model } = query.getSnapshot();
  if (!model) return undefined;
  query.set({ isUpdating: true, progress: 0 });
  try {
    const version = await model.update({
      onProgress: ({ fraction }) => query.set({ progress: fraction }),
    });
    query.set({ updateAvailable: undefined });
    return version;
  } finally {
    query.set({ isUpdating: false, progress: 1, version: model.version, backend: model.backend });
  }
}
