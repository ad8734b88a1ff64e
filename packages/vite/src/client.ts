import type { ResolvedConfig } from 'vite';

/** What a hook's `this` has since Vite 6. */
interface HookContext {
  readonly environment?: { readonly name: string };
}

/** Whether a hook runs for the files that browsers load, and not for those of a server. */
export function isOfClient(context: object, { build }: ResolvedConfig): boolean {
  const { environment } = context as HookContext;
  return !build.ssr && (environment === undefined || environment.name === 'client');
}
