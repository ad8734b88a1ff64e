export { PerigeeDevtools } from './devtools.tsx';
export { createOfflineSwitch } from './offline-switch.ts';

export type { DevtoolsProps } from './devtools.tsx';
export type { OfflineSwitch } from './offline-switch.ts';
