/**
 * Pre- and postprocessing as data, published together with the weights, so that an app can never pair
 * new weights with old preprocessing. Steps run in order; the first preprocess step says what `predict()` takes.
 */
export interface Pipeline {
  readonly preprocess: readonly PreprocessStep[];
  readonly postprocess: readonly PostprocessStep[];
}

/** `image` and `tabular` open a pipeline; the others transform what the one before produced. */
export type PreprocessStep =
  /** Any image source → pixels, height × width × channels, 0–255. Transparent pixels are laid on white. */
  | { readonly op: 'image' }
  /**
   * A record of named numbers and words, or a list in this order → a row. A feature takes words where
   * `index` or `one-hot` names it, or where its input of the model is text. Missing or NaN is `missing`
   * for telemetry.
   */
  | { readonly op: 'tabular'; readonly features: readonly string[] }
  /** RGB → one channel, ITU-R BT.601 luma. */
  | { readonly op: 'grayscale' }
  /** v → 255 − v. */
  | { readonly op: 'invert' }
  /**
   * Crop to what differs from black by more than `threshold` (0–255), then pad with black to a square whose
   * side is the content's longer side × (1 + 2 × padding), content centred. An empty image stays as it is.
   */
  | { readonly op: 'trim'; readonly threshold: number; readonly padding: number }
  /** `area`: average of the covered source area (for shrinking); `bilinear`: half-pixel centres, no antialias. */
  | { readonly op: 'resize'; readonly width: number; readonly height: number; readonly method: 'bilinear' | 'area' }
  /** v → v × factor + offset. */
  | { readonly op: 'rescale'; readonly factor: number; readonly offset?: number }
  /** (v − mean[c]) / std[c] per channel of an image. */
  | { readonly op: 'normalize'; readonly mean: readonly number[]; readonly std: readonly number[] }
  /** Pixels → a tensor with a batch dimension of one. */
  | { readonly op: 'layout'; readonly to: 'NCHW' | 'NHWC' }
  /**
   * Changes nothing: of a row (in place of its features) or of an image's values before they are normalized (besides its five scalars), `count`
   * fixed random projections are watched. For embeddings and other vectors nobody has names for. At most 32.
   */
  | { readonly op: 'project'; readonly count: number; readonly seed: number }
  /** Missing values of a row → these, one a feature: a word where the feature takes words. */
  | { readonly op: 'impute'; readonly values: readonly (number | string)[] }
  /** The feature's word → its place in `words`, from 0; another word → `other`, else `words.length`. */
  | {
    readonly op: 'index';
    readonly feature: string;
    readonly words: readonly string[];
    readonly other?: number;
  }
  /**
   * The feature's word → one number for each of `words`: 1 for the word itself, else 0. `slot` (default):
   * one more number at the end, which is 1 for any other word. `zeros`: another word is 0 everywhere.
   */
  | {
    readonly op: 'one-hot';
    readonly feature: string;
    readonly words: readonly string[];
    readonly other?: 'slot' | 'zeros';
  }
  /** (v − mean[i]) / std[i] per feature of a row, or of those named. */
  | {
    readonly op: 'standardize';
    readonly mean: readonly number[];
    readonly std: readonly number[];
    readonly features?: readonly string[];
  }
  /**
   * Which features, in which order, make each input. Without this step each of several inputs takes
   * the feature of its name.
   */
  | { readonly op: 'inputs'; readonly inputs: readonly InputFeatures[] };

export interface InputFeatures {
  /** Of the model's input. */
  readonly name: string;
  readonly features: readonly string[];
}

/** Applied to the first output, or to the one named by `tensor`. */
export type PostprocessStep =
  | { readonly op: 'softmax'; readonly tensor?: string }
  | { readonly op: 'sigmoid'; readonly tensor?: string }
  /** Scores → `{ label, score, top: [{ label, score }, …k] }`, labels from the manifest (index as text without them). */
  | { readonly op: 'top-k'; readonly k: number; readonly tensor?: string }
  /**
   * One number, the probability p of the label `positive` → `{ label, score, top }`: `positive` with
   * score p from `threshold` on, else the other of the manifest's two labels with score 1 − p. For a
   * logit, `sigmoid` comes before.
   */
  | {
    readonly op: 'threshold';
    readonly threshold: number;
    readonly positive: string;
    readonly tensor?: string;
  };
