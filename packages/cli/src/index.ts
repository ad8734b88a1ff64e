/** The commands' work as functions, for scripts. */
export { pack } from './pack/pack.ts';
export { promote, publish } from './publish/publish.ts';
export { readRelease, writeRelease } from './publish/release-folder.ts';

export type { PackedRelease, PackOptions } from './pack/pack.ts';
export type { PublishResult } from './publish/publish.ts';
