import type { Pipeline } from '@perigee/registry';
import type { PredictRow } from './reference-from-csv.ts';
import type { RunningModel } from './run-model.ts';

/**
 * The tabular pipeline applied to one row here, so that a reference knows what the model answers. Only what references need: impute and
 * standardize in, softmax or sigmoid and the best label out; null for other pipelines.
 */
export function rowPredictor(model: RunningModel, { preprocess, postprocess }: Pipeline): PredictRow | undefined {
  const [first] = preprocess;
  const [input] = model.signature.inputs;
  const [output] = model.signature.outputs;
  if (first?.op !== 'tabular' || !input || !output || !postprocess.some(({ op }) => op === 'top-k')) return undefined;
  const tensorName = postprocess.find(({ tensor }) => tensor !== undefined)?.tensor ?? output.name;
  return async (row) => {
    let values = [...row];
    for (const step of preprocess) {
      if (step.op === 'impute') values = values.map((value, i) => value ?? step.values[i] ?? null);
      else if (step.op === 'standardize') values = values.map((value, i) => (value === null ? null : (value - (step.mean[i] ?? 0)) / (step.std[i] ?? 1)));
      else if (step.op === 'rescale') values = values.map((value) => (value === null ? null : value * step.factor + (step.offset ?? 0)));
    }
    if (values.includes(null)) return null;
    const outputs = await model.run({ [input.name]: { dtype: 'float32', shape: [1, values.length], data: Float32Array.from(values, Number) } });
    let scores = Array.from(outputs[tensorName]?.data as ArrayLike<number>);
    for (const { op } of postprocess) {
      if (op === 'softmax') {
        const max = Math.max(...scores);
        const total = scores.reduce((sum, score) => sum + Math.exp(score - max), 0);
        scores = scores.map((score) => Math.exp(score - max) / total);
      } else if (op === 'sigmoid') scores = scores.map((score) => 1 / (1 + Math.exp(-score)));
    }
    const labelIndex = scores.indexOf(Math.max(...scores));
    return { labelIndex, score: scores[labelIndex] ?? 0 };
  };
}
