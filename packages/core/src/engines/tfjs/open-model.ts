import type { Tf } from './backend.ts';
import type { ModelArtifacts } from './model-json.ts';
import { openGraph } from './open-graph.ts';
import { openLayers } from './open-layers.ts';
import type { OpenedModel } from './opened-model.ts';

/** Opens a layers model if the file says so or has a Keras configuration, else a graph model. */
export function openModel(tf: Tf, artifacts: ModelArtifacts, entry: string): Promise<OpenedModel> {
  const isLayers =
    artifacts.format === 'layers-model' ||
    'model_config' in artifacts.modelTopology ||
    'class_name' in artifacts.modelTopology;
  return isLayers ? openLayers(tf, artifacts, entry) : openGraph(tf, artifacts, entry);
}
