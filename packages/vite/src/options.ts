/** What the plugin does. Each option stands alone; without options only dependencies are set up. */
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
}

export interface RegistryOptions {
  /** Folder of the registry, from the root of the project. */
  readonly folder: string;
  /** Where the app finds it, below its base path. Default: `/registry/`. */
  readonly path?: string;
  /** Whether a build copies the registry to this path. Default: false. */
  readonly copy?: boolean;
}

export interface TypesOptions {
  /** File to write, from the root of the project. Default: `src/perigee.d.ts`. */
  readonly out?: string;
  /** Folder or URL of a registry. Default: the folder of the option `registry`. */
  readonly registry?: string;
  /** Model files, as globs from the root of the project. */
  readonly models?: readonly string[];
}
