/** First the model and its runtime, then a picture for each answer. */
export type PeerRequest =
  | { readonly type: 'open'; readonly bytes: Uint8Array; readonly wasm: string }
  | { readonly type: 'run'; readonly pixels: Float32Array };
export type PeerAnswer =
  | { readonly values: Float32Array; readonly fault?: never }
  | { readonly fault: string };

/** An open model. It takes the 64 values of a picture and gives ten logits. */
export type Run = (pixels: Float32Array) => Promise<Float32Array>;
