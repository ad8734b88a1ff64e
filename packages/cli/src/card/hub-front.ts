import type { Manifest, Metric } from '@perigee/registry';

/**
 * Front matter for the Hugging Face Hub. Facts of the manifest replace the same fields of the
 * card's front matter (`own`). Its other fields (language, tags, thumbnail, …) are kept.
 */
export function hubFront(
  manifest: Manifest,
  own: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { name, license, description, governance = {} } = manifest;
  const { metrics = [], datasets = [], baseModel } = governance;
  const task = taskOf(manifest);
  const facts = {
    // The Hub's licence ids are SPDX ids in lower case. "other" has a name of its own, which is
    // kept.
    ...(license !== undefined &&
      (own['license'] === 'other'
        ? { license: 'other', license_name: license }
        : { license: license.toLowerCase() })),
    library_name: 'perigee',
    tags: [...new Set(['onnx', 'perigee', ...listOf(own['tags'])])],
    ...(task !== undefined && own['pipeline_tag'] === undefined && { pipeline_tag: task }),
    ...(baseModel !== undefined && {
      base_model: baseModel.includes(', ') ? baseModel.split(', ') : baseModel,
    }),
    ...(datasets.length > 0 && { datasets: datasets.map((one) => one.name) }),
    ...(metrics.length > 0 && { metrics: [...new Set(metrics.map((one) => one.name))] }),
    ...(description !== undefined && { description }),
    ...(metrics.length > 0 && {
      'model-index': [{ name, results: results(metrics, task ?? 'other') }],
    }),
  };
  return {
    ...facts,
    ...Object.fromEntries(Object.entries(own).filter(([field]) => !Object.hasOwn(facts, field))),
  };
}

/** One of the Hub's tasks, if the pipeline determines it. */
function taskOf({ pipeline, labels }: Manifest): string | undefined {
  const classes = labels !== undefined || pipeline?.postprocess.some(({ op }) => op === 'top-k');
  const first = pipeline?.preprocess[0]?.op;
  if (first === 'tabular') return classes ? 'tabular-classification' : 'tabular-regression';
  return first === 'image' && classes ? 'image-classification' : undefined;
}

/**
 * Results on whole data sets. The Hub has no field for slices; the table in the card's text lists
 * them.
 */
function results(metrics: readonly Metric[], task: string): object[] {
  const overall = metrics.filter(({ slice }) => slice === undefined);
  return [...new Set(overall.map(({ dataset }) => dataset ?? 'held-out'))].map((dataset) => ({
    task: { type: task },
    dataset: { name: dataset, type: dataset },
    metrics: overall
      .filter((one) => (one.dataset ?? 'held-out') === dataset)
      .map(({ name, value }) => ({ type: name, value })),
  }));
}

function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}
