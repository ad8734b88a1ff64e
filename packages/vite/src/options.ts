/** Each option stands alone. Without options the plugin only sets up dependencies. */
export interface PerigeeOptions {
  /**
   * Makes pages of the development and preview servers cross-origin isolated, which threads need.
   * `true` sends `Cross-Origin-Embedder-Policy: require-corp`. `'credentialless'` lets pages show
   * images and scripts of hosts that do not send `Cross-Origin-Resource-Policy`; Safari does not
   * have it. The host of the built app has to send the same headers.
   */
  readonly isolation?: boolean | 'credentialless';
  /** Serves a registry. A text is its folder. */
  readonly registry?: string | RegistryOptions;
  /**
   * Writes the types of models, so that `load()` and `loadModel()` know inputs and answers. Needs
   * `@perigee/cli`. `true` takes the folder of the registry and every `.onnx` and `.ort` file of
   * `src` and `public`.
   */
  readonly types?: boolean | TypesOptions;
  /**
   * Builds a service worker from this source file into one script beside the page, and inserts the
   * list of files to keep in place of `self.__WB_MANIFEST`. Only builds have a service worker.
   */
  readonly serviceWorker?: string | ServiceWorkerOptions;
}

export interface RegistryOptions {
  /** Folder of the registry, from the root of the project. */
  readonly folder: string;
  /** The path of the registry below the base path of the app. Default: `/registry/`. */
  readonly path?: string;
  /** Whether a build copies the registry to this path. Default: false. */
  readonly copy?: boolean;
}

export interface TypesOptions {
  /** File to write, from the root of the project. Default: `src/perigee-models.d.ts`. */
  readonly out?: string;
  /** Folder or URL of a registry. Default: the folder of the option `registry`. */
  readonly registry?: string;
  /** Model files, as globs from the root of the project. */
  readonly models?: readonly string[];
}

export interface ServiceWorkerOptions {
  /** The source file, from the root of the project. `src/sw.ts` becomes `sw.js`. */
  readonly source: string;
  /** Globs of files that are in the list. Default: pages, scripts, styles, wasm and icons. */
  readonly include?: readonly string[];
  /** Globs of files that are not. Default: the builds of ONNX Runtime for GPUs. */
  readonly exclude?: readonly string[];
}

/** A file to keep. The list of a service worker consists of these. */
export interface PrecacheEntry {
  /** From the base path of the app. */
  readonly url: string;
  /** Changes with the content. null where the URL itself changes. */
  readonly revision: string | null;
  /** Bytes without compression. */
  readonly size: number;
  /** A digest of a file, not a page, whose URL stays the same (Subresource Integrity). */
  readonly integrity?: string;
}
