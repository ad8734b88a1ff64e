/** Messages between the page and its workers. Types only. */
import type { OutsideTraining } from '@perigee/profile';
import type { ModelFormat } from '../config.ts';
import type { WireError } from '../error.ts';
import type { Timing } from '../model-types.ts';
import type { Credentials, PlatformClass, PlatformPort } from '../platform-types.ts';
import type { Files } from '../updater/assembly.ts';
import type { Tensors } from '../tensor.ts';
import type { Columns } from './columns.ts';

/**
 * The location of the store. `memory` is in the updater worker; inference workers reach it through
 * a port.
 */
export type StoreLocation =
  | { readonly kind: 'indexeddb'; readonly name: string; readonly encrypted?: boolean | undefined }
  | { readonly kind: 'file-system'; readonly folder: string }
  | { readonly kind: 'memory' };

/**
 * An image for the worker: RGBA pixels (8 bits a channel, row by row), a bitmap that the worker
 * draws, or an encoded file. `more` has the other fields of a plain object, for models with inputs
 * named `width`, `height` or `data`.
 */
export type WireImage =
  | {
      readonly kind: 'pixels';
      readonly width: number;
      readonly height: number;
      readonly data: Uint8ClampedArray | Uint8Array;
      readonly more?: Readonly<Record<string, unknown>> | false;
    }
  | { readonly kind: 'bitmap'; readonly bitmap: PlatformClass<'ImageBitmap'> }
  | { readonly kind: 'encoded'; readonly blob: Blob };

/** Any `predict()` input as plain data. The shapes of arrays may still be unknown. */
export type WireInput =
  | { readonly kind: 'image'; readonly image: WireImage }
  | { readonly kind: 'record'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'list'; readonly values: readonly unknown[] }
  | { readonly kind: 'array'; readonly data: ArrayBufferView };

/** A predict() or run() call to the inference worker. */
export interface WireCall {
  readonly id: number;
  /** The input of predict(), for the pipeline; or `feeds`, the raw tensors of run(). */
  readonly input:
    | WireInput
    | {
        readonly kind: 'feeds';
        readonly feeds: Tensors;
        readonly outputs: readonly string[] | null;
      };
  /**
   * When the call was sent, in milliseconds since 1970 with a fraction; page and worker share this
   * clock.
   */
  readonly sentAtMs: number;
  readonly background: boolean;
  /** Whether its large arrays are in pooled buffers, which the worker sends back. */
  readonly lent: boolean;
}

/**
 * Page → worker: the only call of a turn; `count` calls of one turn, as columns of WireCall; or a
 * call to cancel.
 */
export interface CallMessage {
  readonly call?: WireCall | undefined;
  readonly calls?: Columns;
  readonly count?: number;
  /**
   * The worker has no other call, so the page counts these as begun, unless it is told which ones
   * are.
   */
  readonly idle?: boolean;
  readonly cancel?: number;
}

/** The answer to one call, with the engine's outputs; `answers.ts` packs and unpacks it. */
export interface WireAnswer {
  readonly id: number;
  /** The output of postprocessing, or the name of the output tensor; null for run(). */
  readonly output: unknown;
  readonly outputs: Tensors;
  /** The features outside the training data. */
  readonly outside: readonly OutsideTraining[];
  readonly timing: Timing;
}

/** The answers of a batch. Each field has the values of all calls. */
export interface WireAnswers {
  readonly ids: readonly number[];
  /** Number of output rows of each call. */
  readonly rows: readonly number[];
  readonly outputs: Tensors;
  readonly output: readonly unknown[];
  /** For each call the features outside the training data; left out where no call has any. */
  readonly outside?: readonly (readonly OutsideTraining[])[];
  /** The timings of all calls, one after the other. */
  readonly timings: readonly number[];
}

export type Answer = WireAnswer | WireAnswers | { readonly id: number; readonly error: WireError };

/** Worker → page: the answers to all begun calls, or the numbers of the calls that begin now. */
export interface AnswerMessage {
  readonly answers?: readonly Answer[];
  /** Buffers of the inputs, for the page to reuse; left out where there are none. */
  readonly lent?: readonly ArrayBuffer[];
  readonly begun?: readonly number[];
}

/** HTTP options for the worker. */
export interface WireRequest {
  readonly headers: readonly (readonly [string, string])[];
  readonly credentials: Credentials | null;
  /** Port to the app's own fetch. */
  readonly port: PlatformPort | null;
  /** Whether the port answers the first request only. The worker makes the others itself. */
  readonly answersFirstOnly: boolean;
  /** The invalid option and what was expected; null when all are valid. */
  readonly wrong: string | null;
}

/**
 * Worker → page, for the app's own fetch. With a URL: a request. Without: a request for the next
 * part of the body, or with `stop` its cancellation. Null ends the port.
 */
export interface FetchCall {
  readonly id: number;
  readonly url?: string;
  readonly init?: RequestInit;
  readonly stop?: true;
}

/** Page → worker. A null part ends the body. */
export type FetchAnswer =
  | {
      readonly id: number;
      readonly head: {
        readonly status: number;
        readonly type: Response['type'];
        readonly headers: readonly (readonly [string, string])[];
        readonly hasBody: boolean;
      };
    }
  | { readonly id: number; readonly part: Uint8Array<ArrayBuffer> | null }
  | { readonly id: number; readonly error: string };

/** The file needs the engine of another worker, which may use the fetched bytes. */
export interface Elsewhere {
  readonly format: ModelFormat;
  readonly files: Files | null;
}
