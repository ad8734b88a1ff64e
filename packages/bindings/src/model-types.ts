import type { Model } from 'perigee';
import type { StreamSource } from './stream-store.ts';

/**
 * A model of any kind, for calls that name the type of the output. Other calls take their types
 * from the model.
 */
export type ModelWithOutput<Output> = [Output] extends [never] ? never : Model;

/** A video, for a model that takes its frames. */
export type VideoSource<Input> = HTMLVideoElement extends Input ? HTMLVideoElement : never;

/**
 * A model whose types are known, any model for a call that names the type of the output, or nothing
 * yet. A call that names no type has `never` as the output.
 */
export type ModelFor<Output, Known> = ([Output] extends [never] ? Known : Model) | null | undefined;

/** A video for a model that takes its frames, a function that pushes inputs, or nothing yet. */
export type SourceFor<Input> = VideoSource<Input> | StreamSource<NoInfer<Input>> | null | undefined;
