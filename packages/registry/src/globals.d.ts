/** The few platform globals this package uses; all exist in browsers, workers, Node, Deno and Bun. No DOM, no Node types. */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}
declare const crypto: { readonly subtle: { digest(algorithm: string, data: Uint8Array): Promise<ArrayBuffer> } };
interface ReadableStreamReader {
  read(): Promise<{ readonly done: true; readonly value?: undefined } | { readonly done: false; readonly value: Uint8Array<ArrayBuffer> }>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}
interface ReadableStream {
  getReader(): ReadableStreamReader;
  pipeThrough(transform: CompressionStream | DecompressionStream): ReadableStream;
}
declare class CompressionStream {
  constructor(format: 'gzip');
}
declare class DecompressionStream {
  constructor(format: 'gzip');
}
declare class Blob {
  constructor(parts: readonly Uint8Array[]);
  stream(): ReadableStream;
}
