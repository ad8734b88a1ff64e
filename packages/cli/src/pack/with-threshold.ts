import type { Pipeline } from '@perigee/registry';
import { CommandError } from '../command.ts';

/** Options to convert one score to one of two labels. */
export interface ThresholdOptions {
  /** The label whose probability the model gives. Default: the second one. */
  readonly positive?: string;
  /** Lowest probability for that label. Default: 0.5. */
  readonly threshold?: number;
  /** True if the score is a logit. The probability is then its sigmoid. */
  readonly logit?: boolean;
}

/**
 * Adds the threshold of the options to the end of the pipeline.
 * @throws CommandError when there is no pipeline, when there are not two labels, or when the
 * pipeline already ends in another step
 */
export function withThreshold(
  pipeline: Pipeline | undefined,
  labels: readonly string[] | undefined,
  options: ThresholdOptions,
): Pipeline | undefined {
  const { positive = labels?.[1] ?? '', threshold = 0.5, logit = false } = options;
  if (options.positive === undefined && options.threshold === undefined && !logit) return pipeline;
  if (!pipeline || labels?.length !== 2) {
    throw new CommandError(
      '--positive, --threshold and --logit are for models that answer one score: ' +
        'give --pipeline, and two labels as --labels stays,leaves.',
    );
  }
  if (!labels.includes(positive)) {
    throw new CommandError(
      `--positive ${positive}: the labels are ${labels.join(' and ')}. Name one of them.`,
    );
  }
  const { postprocess } = pipeline;
  const last = postprocess.find(({ op }) => op === 'top-k' || op === 'threshold');
  if (last) {
    throw new CommandError(
      `The pipeline already has "${last.op}", so --positive, --threshold and --logit ` +
        'cannot be used. Leave them out, or remove the step from the pipeline.',
    );
  }
  const needsSigmoid = logit && !postprocess.some(({ op }) => op === 'sigmoid');
  const sigmoid = needsSigmoid ? [{ op: 'sigmoid' } as const] : [];
  return {
    ...pipeline,
    postprocess: [...postprocess, ...sigmoid, { op: 'threshold', threshold, positive }],
  };
}
