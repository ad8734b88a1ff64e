/**
 * The way in to all code that installs, tries, activates, watches and leaves versions. It is
 * imported when one of these happens. As one module it makes one file in a bundle.
 */
export { openLatest, openNewest } from './install-latest.ts';
export { createModelVersions } from './model-versions.ts';
export { openOnProbation } from './open-on-probation.ts';
export { afterLoad } from './after-load.ts';
export { repair } from './repair.ts';
