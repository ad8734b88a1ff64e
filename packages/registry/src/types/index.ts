/**
 * Writes TypeScript declarations of models, so that `load()` and `loadModel()` of `perigee` know
 * the types of a model's inputs and answers. The interfaces that the declarations add to are in
 * `perigee`.
 */
export { writeModelTypes } from './write-types.ts';
export { writeImportTypes } from './write-imports.ts';
export { knownRefs } from './known-refs.ts';

export type { TypedManifest } from './declare-model.ts';
export type { ImportedFile } from './write-imports.ts';
export type { TypedFile, TypedModel } from './write-types.ts';
