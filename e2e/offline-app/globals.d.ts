import type { OfflineAppPage } from './main.ts';

declare global {
  /** The journeys' access to the app; set in main.ts. */
  var offlineApp: OfflineAppPage;
}
