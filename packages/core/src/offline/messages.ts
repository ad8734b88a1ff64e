import type { AppFile } from './app-files.ts';

/** A header of the requests by which the page fetches files to keep them. */
export const KEEPING = 'perigee-keeping';

/** A message of the page to the service worker. */
export type ToWorker =
  /** Asks for a description of this build. */
  | { readonly perigee: 'describe' }
  /** Asks the worker to look for files that no build needs any more. */
  | { readonly perigee: 'kept' }
  /** Asks a waiting worker to take over. */
  | { readonly perigee: 'take-over' };

/** The build that a service worker belongs to. */
export interface AppBuild {
  readonly cacheName: string;
  readonly files: readonly AppFile[];
  /** Whether the files of an earlier build are whole, so that it works offline. */
  readonly hasEarlier: boolean;
  /** Whether the browser sent `Save-Data: on`. */
  readonly saveData: boolean;
}
