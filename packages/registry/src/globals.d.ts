/**
 * Platform globals that this package uses. Browsers, workers, Node, Deno and Bun all have them, so
 * no DOM or Node types are needed.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes: Uint8Array): string;
}
/** A key of `crypto.subtle`. We only pass it back. */
interface CryptoKey {
  readonly type: string;
}
declare const crypto: {
  readonly subtle: {
    digest(algorithm: 'SHA-256' | 'SHA-512', data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
    generateKey(
      algorithm: { readonly name: 'Ed25519' },
      extractable: boolean,
      usages: readonly ('sign' | 'verify')[],
    ): Promise<{ readonly publicKey: CryptoKey; readonly privateKey: CryptoKey }>;
    importKey(
      format: 'raw' | 'pkcs8',
      bytes: Uint8Array<ArrayBuffer>,
      algorithm: { readonly name: 'Ed25519' },
      extractable: boolean,
      usages: readonly ('sign' | 'verify')[],
    ): Promise<CryptoKey>;
    exportKey(format: 'raw' | 'pkcs8', key: CryptoKey): Promise<ArrayBuffer>;
    sign(
      algorithm: { readonly name: 'Ed25519' },
      key: CryptoKey,
      bytes: Uint8Array<ArrayBuffer>,
    ): Promise<ArrayBuffer>;
    verify(
      algorithm: { readonly name: 'Ed25519' },
      key: CryptoKey,
      signature: Uint8Array<ArrayBuffer>,
      bytes: Uint8Array<ArrayBuffer>,
    ): Promise<boolean>;
  };
};
interface ReadableStreamReader {
  read(): Promise<
    | { readonly done: true; readonly value?: undefined }
    | { readonly done: false; readonly value: Uint8Array<ArrayBuffer> }
  >;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}
declare class ReadableStream {
  constructor(source: {
    pull(controller: { enqueue(part: Uint8Array): void; close(): void }): void;
  });
  getReader(): ReadableStreamReader;
  pipeThrough(transform: CompressionStream | DecompressionStream): ReadableStream;
}
declare class CompressionStream {
  constructor(format: 'gzip');
}
declare class DecompressionStream {
  constructor(format: 'gzip');
}
