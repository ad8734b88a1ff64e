import { BACKENDS } from './backends.mjs';
import { CALLS } from './calls.mjs';
import { DELIVERY } from './delivery.mjs';
import { INPUTS } from './inputs.mjs';
import { PLACES } from './places.mjs';
import { STORAGE } from './storage.mjs';
import { TABS } from './tabs.mjs';
import { TELEMETRY } from './telemetry.mjs';

/**
 * The scenarios in the order in which they run, which is that of the table. Each leaves the lab
 * page open and the model `digits` as it likes.
 */
export const SCENARIOS = [
  ...BACKENDS,
  ...CALLS,
  ...DELIVERY,
  ...STORAGE,
  ...TELEMETRY,
  ...INPUTS,
  ...TABS,
  ...PLACES,
];
