import type { Lab } from './main.ts';

declare global {
  /** The journeys' access to the SDK; set in main.ts. */
  var lab: Lab;
}
