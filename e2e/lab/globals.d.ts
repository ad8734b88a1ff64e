import type { Lab } from './main.ts';

declare global {
  /** What journeys reach the SDK by: set in main.ts. */
  var lab: Lab;
}
