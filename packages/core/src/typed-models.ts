import type { Dtype } from '@perigee/registry';
import type { Classification, GeneralTypes, Model } from './model-types.ts';
import type { ImageInput, NestedValues, TensorInput, ValueList } from './input-types.ts';
import type { ModelSource } from './main/loading/model-source.ts';
import type { Tensor, TensorDataMap, Tensors } from './tensor.ts';

/**
 * The models of your registry, by reference: `digits`, `digits@canary`, or a name with its major
 * version, `digits@1`. `perigee types` writes a file that adds to this interface. `load()` then
 * knows the types of these models.
 * @example
 * declare module 'perigee' {
 *   interface ModelsByName {
 *     digits: {
 *       input: 'image';
 *       output: { label: '0' | '1' };
 *       feeds: { image: { dtype: 'float32'; shape: [number, 1, 28, 28] } };
 *       outputs: { logits: { dtype: 'float32'; shape: [number, 2] } };
 *     };
 *   }
 * }
 */
export interface ModelsByName {}

/**
 * Your model files, by the URL text that `loadModel()` gets: `/models/digits.onnx`. `perigee types`
 * writes a file that adds to this interface.
 */
export interface ModelsByUrl {}

/** The facts about one model that its types are derived from. */
export interface DeclaredModel {
  /**
   * The input of `predict()`. `tensors`: the model has no pipeline. `row`: its features with their
   * types; null for a feature that may be missing.
   */
  readonly input: 'tensors' | 'image' | { readonly row: DeclaredRow };
  /** The output of `predict()`: one of the labels, or a tensor. */
  readonly output: DeclaredTensor | { readonly label: string };
  /** The outputs that the pipeline reads. A prediction has no others. Default: all. */
  readonly reads?: string;
  /** The model's inputs. */
  readonly feeds: DeclaredTensors;
  /** The model's outputs. */
  readonly outputs: DeclaredTensors;
}

type DeclaredRow = Readonly<Record<string, number | string | null | undefined>>;
type DeclaredTensors = Readonly<Record<string, DeclaredTensor | undefined>>;

/** The element type and the shape of a tensor. A free dimension is `number`. */
export interface DeclaredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** The model gives a list of such tensors here: its file has a sequence. */
  readonly list?: true;
}

/** The types of a model with these facts. */
export interface TypesOf<Declared extends DeclaredModel> {
  readonly input: InputOf<Declared['input'], Declared['feeds']>;
  readonly output: OutputOf<Declared['output']>;
  readonly feeds: FeedsOf<Declared['feeds']>;
  readonly outputs: OutputsOf<Declared['outputs']>;
  readonly chosen: Partial<OutputsOf<Declared['outputs']>>;
  readonly predicted: Declared extends { readonly reads: infer Names extends string }
    ? Pick<OutputsOf<Declared['outputs']>, Names & keyof Declared['outputs']>
    : OutputsOf<Declared['outputs']>;
}

/** A bare file's model: its inputs are unknown to TypeScript, and it answers with a tensor. */
export interface FileTypes extends GeneralTypes {
  readonly input: TensorInput;
  readonly output: Tensor;
}

/** A reference. Editors offer the names of the models with known types. */
export type KnownRef = keyof ModelsByName | (string & {});

/** A source of `loadModel()`. Editors offer the names and URLs with known types. */
export type KnownSource = Exclude<ModelSource, string> | keyof ModelsByUrl | KnownRef;

/** The model of a reference: `digits`, `digits@canary`, `digits@^1.2`. */
export type ModelNamed<Ref extends string> = string extends Ref
  ? Model
  : Ref extends keyof ModelsByName
    ? ModelWith<ModelsByName[Ref]>
    : ModelWith<DeclaredUnder<MajorOf<Ref>>>;

type DeclaredUnder<Name> = Name extends keyof ModelsByName ? ModelsByName[Name] : unknown;

/**
 * The URL text of a model file, with the facts about it. The import of a model file has this type.
 */
export type ModelUrl<Declared extends DeclaredModel> = string & { readonly [DECLARED]: Declared };
declare const DECLARED: unique symbol;

/** The model that `loadModel()` makes of a source; `Registry` is the type of that option. */
export type ModelFrom<Source, Registry = undefined> = [KnownSource] extends [Source]
  ? Model
  : Source extends ModelUrl<infer Declared>
    ? Model<TypesOf<Declared>>
    : Source extends keyof ModelsByUrl
      ? ModelWith<ModelsByUrl[Source]>
      : Source extends string
        ? [Registry, Source] extends [undefined, string] | [unknown, FileUrl]
          ? Model<FileTypes>
          : ModelNamed<Source>
        : Model<FileTypes>;

type ModelWith<Declared> = Declared extends DeclaredModel ? Model<TypesOf<Declared>> : Model;

/** Text that can be no reference. */
type FileUrl =
  | `${string}/${string}`
  | `${string}:${string}`
  | `${string}.${'onnx' | 'ort' | 'json'}${'' | '.gz'}`;

/** `digits@^1.2` → `digits@1`; unknown for a range that may span several major versions. */
type MajorOf<Ref extends string> = Ref extends `${infer Name}@${infer Range}`
  ? Range extends `${string}${' ' | '|' | '<' | '>'}${string}`
    ? unknown
    : WithoutSign<Range> extends `${infer Major}.${string}`
      ? `${Name}@${Major}`
      : `${Name}@${WithoutSign<Range>}`
  : unknown;

type WithoutSign<Range extends string> = Range extends `${'^' | '~' | '='}${infer Rest}`
  ? Rest
  : Range;

type InputOf<Input, Feeds> = Input extends 'image'
  ? ImageInput
  : Input extends { readonly row: infer Row }
    ? RowOf<Row>
    : ValuesOf<Feeds> | SoleValue<Feeds>;

/** A record of features, or a list in their order. */
type RowOf<Row> =
  | { readonly [Name in keyof Row]: FeatureOf<Row[Name]> }
  | ValueList<Exclude<FeatureOf<Row[keyof Row]>, undefined>>;

/** A feature of words takes any word: the words that the model knows are offered as completions. */
type FeatureOf<Value> = Value extends string
  ? Value | (string & {}) | number
  : Value extends null
    ? null | undefined
    : Value;

/** The values of a model without a pipeline, by the name of the input. */
type ValuesOf<Feeds> = { readonly [Name in keyof Feeds]: ValueOf<DtypeOf<Feeds[Name]>> };

/** The value of the only input that a call must give. Text is taken by name only. */
type SoleValue<Feeds> =
  Only<NeededNames<Feeds>> extends infer Name extends keyof Feeds
    ? Exclude<ValueOf<DtypeOf<Feeds[Name]>>, string>
    : never;

/** The inputs without a default value; all if each has one. */
type NeededNames<Feeds> = [RequiredNames<Feeds>] extends [never]
  ? keyof Feeds
  : RequiredNames<Feeds>;

type RequiredNames<Feeds> = {
  [Name in keyof Feeds]-?: object extends Pick<Feeds, Name> ? never : Name;
}[keyof Feeds];

/** The name itself; never for several names. */
type Only<Names, All = Names> = Names extends unknown
  ? [All] extends [Names]
    ? Names
    : never
  : never;

type ValueOf<D extends Dtype> =
  | Tensor<D>
  | Exclude<TensorDataMap[D], readonly string[]>
  | OtherArrays[D & keyof OtherArrays]
  | (D extends 'string' ? NestedValues | string : NestedNumbers)
  | number
  | bigint
  | boolean;

/** Classes that hold the same bits. TypeScript knows Float16Array with newer libraries only. */
interface OtherArrays {
  float16: ArrayBufferView & { readonly [Symbol.toStringTag]: 'Float16Array' };
  uint8: Uint8ClampedArray;
  bool: Uint8ClampedArray;
}

type NestedNumbers = readonly (number | bigint | boolean | ArrayBufferView | NestedNumbers)[];

type DtypeOf<Declared> = Declared extends { readonly dtype: infer D extends Dtype } ? D : Dtype;

type OutputOf<Output> = Output extends { readonly label: infer Label extends string }
  ? Classification<Label>
  : TensorOf<Output>;

type OutputsOf<Outputs> = { readonly [Name in keyof Outputs]: TensorOf<Outputs[Name]> };

type TensorOf<Declared> = Declared extends { readonly list: true }
  ? readonly SingleTensorOf<Declared>[]
  : SingleTensorOf<Declared>;

type SingleTensorOf<Declared> = Declared extends DeclaredTensor
  ? Tensor<Declared['dtype'], Readonly<Declared['shape']>>
  : Tensor;

/** The tensors that `run()` takes. The runtime checks the shapes, which are seldom literals. */
type FeedsOf<Feeds> = {
  readonly [Name in RequiredNames<Feeds>]: Tensor<DtypeOf<Feeds[Name]>>;
} & (keyof Feeds extends RequiredNames<Feeds> ? unknown : Tensors);
