import type { TestTensor } from './compare.mjs';

export function readTensorProto(bytes: Uint8Array): TestTensor & { readonly name: string };
