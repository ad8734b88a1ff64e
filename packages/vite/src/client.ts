import type { ResolvedConfig } from 'vite';

/** The `this` of a hook has these properties since Vite 6. */
interface HookContext {
  readonly environment?: {
    readonly name: string;
    readonly config: Pick<ResolvedConfig, 'build'>;
  };
}

/**
 * The options of a build for browsers. They are undefined where a hook runs for a server. Several
 * builds may share the plugin, so the options are those of the hook's own build.
 * @param config for Vite 5, where a hook does not know its build
 */
export function clientBuild(
  context: object,
  config: ResolvedConfig,
): ResolvedConfig['build'] | undefined {
  const { environment } = context as HookContext;
  const { build } = environment?.config ?? config;
  const isOfServer = build.ssr || (environment !== undefined && environment.name !== 'client');
  return isOfServer ? undefined : build;
}
