// Types of the package for require(). A module for require() cannot export the values of an ES
// module, so they are declared anew.
import type * as perigee from '../dist/index.js' with { 'resolution-mode': 'import' };

export type * from '../dist/index.js' with { 'resolution-mode': 'import' };
export declare const createPerigee: typeof perigee.createPerigee;
export declare const loadModel: typeof perigee.loadModel;
export declare const PerigeeError: typeof perigee.PerigeeError;
export type PerigeeError = perigee.PerigeeError;
