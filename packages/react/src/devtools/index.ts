import { createOfflineSwitch as createSwitch } from './offline-switch.ts';
import { PerigeeDevtools as Devtools } from './devtools.tsx';

/** Bundlers put the mode of the build in the place of `process.env.NODE_ENV`, as for React. */
declare const process: { readonly env: { readonly NODE_ENV?: string } };

/**
 * A button that opens the devtools: models and their versions, trials, storage, telemetry and the
 * audit log. Their code is loaded when they are opened. In a production build this is nothing; take
 * it from `@perigee/react/devtools/production` to have it there, too.
 * @example
 * <PerigeeProvider perigee={perigee}>
 *   <App />
 *   <PerigeeDevtools />
 * </PerigeeProvider>;
 */
export const PerigeeDevtools: typeof Devtools =
  process.env.NODE_ENV === 'production' ? () => null : Devtools;

/**
 * Creates a switch that cuts a `Perigee` off from its registry. It is undefined in a production
 * build.
 * @example
 * const offline = createOfflineSwitch();
 * const perigee = createPerigee({ registry, ...(offline && { request: { fetch: offline.fetch } }) });
 *
 * <PerigeeDevtools offline={offline} />;
 */
export const createOfflineSwitch: () => ReturnType<typeof createSwitch> | undefined =
  process.env.NODE_ENV === 'production' ? () => undefined : createSwitch;

export type { DevtoolsProps } from './devtools.tsx';
export type { OfflineSwitch } from './offline-switch.ts';
