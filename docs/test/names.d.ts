/**
 * Names that blocks of code use without declaring them, because every reader knows them from the
 * text. A block that imports or declares a name shadows it. A block with rarer names has a comment
 * `<!-- given … -->` before it.
 */

declare const perigee: import('perigee').Perigee;
declare const model: import('perigee').Model;
declare const loadModel: typeof import('perigee').loadModel;
declare const createPerigee: typeof import('perigee').createPerigee;
declare const trustedRoot: object;
declare const canvas: HTMLCanvasElement;

/** The list that a build tool puts into a service worker. */
interface Window {
  readonly __WB_MANIFEST: import('perigee/service-worker').PrecacheEntry[];
}

/** What Vite adds to modules of an app. */
interface ImportMeta {
  readonly env: { readonly BASE_URL: string; readonly PROD: boolean };
}

declare module '*.json' {
  const value: object;
  export default value;
}
declare module '*.onnx' {
  const url: string;
  export default url;
}

/** Tools of set-ups that are installed in their example only. `npm run examples` runs them. */
declare module 'vite-plugin-pwa' {
  export function VitePWA(options: object): unknown;
}
declare module 'workbox-build' {
  export function injectManifest(options: object): Promise<unknown>;
}
