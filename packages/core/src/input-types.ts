import type { PlatformClass } from './platform-types.ts';
import type { Tensor } from './tensor.ts';

/** An image, or RGBA pixels: 8 bits a channel, row by row, `width * height * 4` bytes. */
export type ImageInput =
  | PlatformClass<'ImageData'>
  | PlatformClass<'ImageBitmap'>
  | PlatformClass<'HTMLCanvasElement'>
  | PlatformClass<'OffscreenCanvas'>
  | PlatformClass<'HTMLImageElement'>
  | PlatformClass<'HTMLVideoElement'>
  | PlatformClass<'VideoFrame'>
  | Blob
  | {
      readonly width: number;
      readonly height: number;
      readonly data: Uint8ClampedArray | Uint8Array;
    };
/**
 * A row of features, by name or in the pipeline's order. Text is allowed where the pipeline accepts
 * categories.
 */
export type TabularInput =
  | Readonly<Record<string, number | string | null | undefined>>
  | ValueList<number | string | null>;

/**
 * A list or a typed array. With array types instead, TypeScript would compare a wrong record with
 * these, and would not say which feature is wrong.
 */
export interface ValueList<Value> {
  readonly length: number;
  readonly [index: number]: Value;
  join(separator?: string): string;
}

/**
 * Nested lists of numbers in row-major order; rows may be typed arrays. Use a BigInt for an integer
 * that a number cannot hold exactly.
 */
export type NestedValues = readonly (
  | number
  | bigint
  | boolean
  | string
  | ArrayBufferView
  | NestedValues
)[];
/**
 * The value of one input of a model without a pipeline. Nested lists determine the shape; for other
 * values the model's signature does.
 */
export type InputValue =
  | Tensor
  | ArrayBufferView
  | NestedValues
  | number
  | bigint
  | boolean
  | string;
/**
 * The inputs of a model without a pipeline, by name; or the value of its only input. An input with
 * a default value may be left out.
 */
export type TensorInput =
  | Readonly<Record<string, InputValue | undefined>>
  | ArrayBufferView
  | NestedValues
  | Tensor
  | number
  | bigint
  | boolean;
/** Any input of `predict()`. */
export type PredictInput = ImageInput | TabularInput | TensorInput;
