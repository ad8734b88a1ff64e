import type * as sdk from 'perigee';
import type { Model, Perigee } from 'perigee';
import type { PrecacheEntry } from 'perigee/service-worker';

/**
 * Names that blocks of code use without declaring them, because every reader knows them from the
 * text. A block that imports or declares a name shadows it. A block with rarer names has a comment
 * `<!-- given … -->` before it.
 */
declare global {
  const perigee: Perigee;
  const model: Model;
  const loadModel: typeof sdk.loadModel;
  const createPerigee: typeof sdk.createPerigee;
  const trustedRoot: object;
  const canvas: HTMLCanvasElement;

  /** The list that a build tool puts into a service worker. */
  interface Window {
    readonly __WB_MANIFEST: PrecacheEntry[];
  }

  /** Properties that Vite adds to modules of an app. */
  interface ImportMeta {
    readonly env: { readonly BASE_URL: string; readonly PROD: boolean };
  }
}
