// Settings with which the demo's collector judges a fleet of one device. An operator uses a window
// of a day, 500 effective observations, 50 devices, and two windows of three.
import { parseRules } from '@perigee/collector';

export const DEMO_COLLECTOR = {
  windowHours: 2,
  everyMs: 5_000,
  minObservations: 200,
  minDevices: 1,
  rules: parseRules(
    JSON.stringify({
      schema: 'perigee-alerts/1',
      forWindows: { holds: 1, of: 1 },
      keepFiringForHours: 1,
    }),
  ),
};
