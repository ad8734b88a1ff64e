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
}

export interface RegistryOptions {
  /** Folder of the registry, from the root of the project. */
  readonly folder: string;
  /** Where the app finds it, below its base path. Default: `/registry/`. */
  readonly path?: string;
  /** Whether a build copies the registry to this path. Default: false. */
  readonly copy?: boolean;
}
