/**
 * Pre- and postprocessing as data. It is published together with the weights, so that an app can
 * never pair new weights with old preprocessing. Steps run in order. The first preprocess step
 * determines the input of `predict()`.
 */
export interface Pipeline {
  readonly preprocess: readonly PreprocessStep[];
  readonly postprocess: readonly PostprocessStep[];
}

/**
 * A pipeline begins with `image` or `tabular`. Each later step transforms the result of the step
 * before.
 */
export type PreprocessStep =
  /**
   * Any image source → pixels, height × width × channels, 0–255. Transparent pixels are blended
   * with white.
   */
  | { readonly op: 'image' }
  /**
   * A record of named numbers and words, or a list in this order → a row. A feature takes words if
   * `index` or `one-hot` names it, or if its model input is text. Telemetry counts absent values
   * and NaN as `missing`.
   */
  | { readonly op: 'tabular'; readonly features: readonly string[] }
  /** RGB → one channel, ITU-R BT.601 luma. */
  | { readonly op: 'grayscale' }
  /** v → 255 − v. */
  | { readonly op: 'invert' }
  /**
   * Crops to the pixels that differ from black by more than `threshold` (0–255). Then it pads with
   * black to a square whose side is the content's longer side × (1 + 2 × padding), content centred.
   * An empty image stays unchanged.
   */
  | { readonly op: 'trim'; readonly threshold: number; readonly padding: number }
  /**
   * `area`: average of the covered source area (for shrinking). `bilinear`: half-pixel centres, no
   * antialiasing.
   */
  | {
      readonly op: 'resize';
      readonly width: number;
      readonly height: number;
      readonly method: 'bilinear' | 'area';
    }
  /** v → v × factor + offset. */
  | { readonly op: 'rescale'; readonly factor: number; readonly offset?: number }
  /** (v − mean[c]) / std[c] per channel of an image. */
  | { readonly op: 'normalize'; readonly mean: readonly number[]; readonly std: readonly number[] }
  /** Pixels → a tensor with a batch dimension of one. */
  | { readonly op: 'layout'; readonly to: 'NCHW' | 'NHWC' }
  /**
   * Leaves the values unchanged. Telemetry watches `count` fixed random projections of a row
   * (instead of its features) or of an image's values before they are normalized (besides its five
   * scalars). For embeddings and other vectors without named components. At most 32.
   */
  | { readonly op: 'project'; readonly count: number; readonly seed: number }
  /** Replaces missing values of a row, one value per feature: a word if the feature takes words. */
  | { readonly op: 'impute'; readonly values: readonly (number | string)[] }
  /**
   * The feature's word → its index in `words`, from 0. Other words become `other`, by default
   * `words.length`.
   */
  | {
      readonly op: 'index';
      readonly feature: string;
      readonly words: readonly string[];
      readonly other?: number;
    }
  /**
   * The feature's word → one number for each of `words`: 1 for the word itself, else 0. `slot`
   * (default) adds one number at the end, which is 1 for any other word. With `zeros`, another word
   * is 0 everywhere.
   */
  | {
      readonly op: 'one-hot';
      readonly feature: string;
      readonly words: readonly string[];
      readonly other?: 'slot' | 'zeros';
    }
  /** (v − mean[i]) / std[i] per feature of a row, or only of the features named. */
  | {
      readonly op: 'standardize';
      readonly mean: readonly number[];
      readonly std: readonly number[];
      readonly features?: readonly string[];
    }
  /**
   * The features of each model input, in order. Without this step, each of several inputs takes the
   * feature of its own name.
   */
  | { readonly op: 'inputs'; readonly inputs: readonly InputFeatures[] };

export interface InputFeatures {
  /** Name of the model's input. */
  readonly name: string;
  readonly features: readonly string[];
}

/** A step on the first output, or on the output that `tensor` names. */
export type PostprocessStep =
  | { readonly op: 'softmax'; readonly tensor?: string }
  | { readonly op: 'sigmoid'; readonly tensor?: string }
  /**
   * Scores → `{ label, score, top: [{ label, score }, …k] }`. Labels come from the manifest;
   * without labels they are the index as text.
   */
  | { readonly op: 'top-k'; readonly k: number; readonly tensor?: string }
  /**
   * One number, the probability p of the label `positive` → `{ label, score, top }`. From
   * `threshold` on, the label is `positive` with score p. Below, it is the other of the manifest's
   * two labels with score 1 − p. For a logit, put `sigmoid` before.
   */
  | {
      readonly op: 'threshold';
      readonly threshold: number;
      readonly positive: string;
      readonly tensor?: string;
    };
