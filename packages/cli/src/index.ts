/** The work of the commands as functions, for scripts. */
export { pack } from './pack/pack.ts';
export { createKey, openKeyFolder } from './keys/key-folder.ts';
export { keysOf, temporaryKeys } from './keys/keys.ts';
export { changeChannels } from './publish/channels.ts';
export { promote, publish } from './publish/publish.ts';
export { initRegistry, readRegistry } from './publish/registry.ts';
export { resign } from './publish/resign.ts';
export { rotateKeys } from './publish/rotate.ts';
export { makeImportTypes } from './types/make-import-types.ts';
export { makeModelTypes } from './types/make-types.ts';
export { writeTypesFile } from './types/write-types-file.ts';
export { heldRelease, readRelease, writeRelease } from './publish/release-folder.ts';

export type { PackedRelease } from './pack/packed-release.ts';
export type { PackOptions } from './pack/pack-options.ts';
export type { Keys } from './keys/keys.ts';
export type { Publisher } from './publish/registry.ts';
export type { ModelTypesFile } from './types/make-types.ts';
export type { PublishResult } from './publish/publish.ts';
