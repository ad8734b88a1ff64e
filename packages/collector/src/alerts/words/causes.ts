import type { LikelyCause } from '../../api-alerts.ts';
import type { RuleName } from '../finding.ts';

interface About {
  readonly model: string;
  readonly version: string;
  /** The worst feature; '' for rules without one. */
  readonly subject: string;
  /** Where the registry is, as an argument of a command. */
  readonly registry: string;
}

type Causes = (
  about: About,
) => readonly (readonly [cause: string, check: string, command?: string])[];

const SOURCE: Causes = ({ subject, ...about }) => [
  [
    `What makes ${subject} changed: an app release, a sensor, a unit, another source.`,
    'Ask who changed it. See on this page by which part of the fleet it differs most: one browser or ' +
      'segment points at the app.',
  ],
  [
    'The users changed: a new market, a season, a campaign.',
    'Compare with the same hours of the week before on the drift page. If other features move ' +
      'with it, the people changed, and not the code.',
  ],
  [
    'The new version reads its inputs in another way.',
    'See on this page whether the previous version has the same problem. If not, compare the pipelines.',
    logOf(about),
  ],
];

const RELEASE: Causes = (about) => [
  [
    `${about.version} itself: another model file, another pipeline, other dependencies.`,
    'See on this page what was released shortly before, and how the previous version does now.',
    logOf(about),
  ],
  [
    'One backend or browser: a driver, a browser release, a kernel.',
    'See on this page by which part of the fleet it differs most.',
  ],
];

const LABELS: Causes = () => [
  [
    'The labels are wrong or late: another source, a shifted join, only hard cases labelled.',
    'Look at twenty labelled cases by hand. See on the performance page how many labels came.',
  ],
  [
    'The world changed: the same inputs have other right answers now.',
    'See which labels are confused on the performance page, and train with recent labels.',
  ],
];

const CAUSES: Readonly<Record<RuleName, Causes>> = {
  'feature-drift': SOURCE,
  'prediction-drift': (about) => [
    [
      'The inputs changed.',
      'See on the drift page which features drift too, and begin with the largest.',
    ],
    [
      'The model changed.',
      'See on this page whether the previous version answers like this, too.',
      logOf(about),
    ],
    [
      'Something else is in front of the camera or the form than before.',
      'Reproduce it on a device: doctor() and the app show what the model sees.',
    ],
  ],
  'missing-values': ({ subject }) => [
    [
      `The app no longer fills ${subject}: a renamed field, a form that makes it optional.`,
      'Search the last releases of the app for the field.',
    ],
    [
      'A permission or a sensor is missing on some devices.',
      'See on this page by which browser or segment it differs most.',
    ],
  ],
  'new-category': ({ subject }) => [
    [
      `${subject} has new words: a new product, country or language.`,
      'List the words that the app can send now, and compare them with the training data.',
    ],
    [
      'The same words are written in another way: case, spaces, another translation.',
      'Look at one segment or browser alone on the quality page.',
    ],
  ],
  'out-of-range': ({ subject }) => [
    [
      `The unit of ${subject} changed: cents for euros, pixels from 0 to 255 for 0 to 1.`,
      'Compare the histogram with the reference: a factor of 100 or 255 shows at once.',
    ],
    [
      'Defaults for missing values, such as −1 or 9999, reach the model.',
      'Look for a single bin that holds them all.',
    ],
  ],
  'error-rate': (about) => [
    ...RELEASE(about),
    [
      'Inputs that the version refuses.',
      'See the error codes on the latency page or in /metrics: INVALID_INPUT points at the app.',
    ],
  ],
  'golden-failures': (about) => [
    [
      'A backend computes wrong numbers on some devices.',
      'See on this page by which backend or browser it differs most.',
    ],
    [
      'The version needs more precision than a backend has, for example float16.',
      'Pack the version again with a wider tolerance only if the answers stay the same.',
      `perigee inspect ${about.model}@${about.version} --registry ${about.registry}`,
    ],
  ],
  latency: (about) => [
    ...RELEASE(about),
    [
      'Devices fall back to a slower backend.',
      'See on the latency page whether the share of each backend changed.',
    ],
  ],
  'fallback-rate': () => [
    [
      'The version uses an operator that a backend does not have.',
      'Run doctor() in the browser that differs most; it names the backend and why it was left.',
    ],
    [
      'A browser or driver release broke WebGPU or threads.',
      'See on this page by which browser it differs most, and whether the previous version suffers too.',
    ],
  ],
  accuracy: (about) => [...LABELS(about), ...RELEASE(about).slice(0, 1)],
  'estimated-accuracy': (about) => [
    [
      'Inputs became harder: more of them lie between classes.',
      'See which features drift, and label a sample of recent cases to measure the accuracy.',
    ],
    ...RELEASE(about).slice(0, 1),
  ],
  'regression-error': (about) => [...LABELS(about), ...RELEASE(about).slice(0, 1)],
  'sample-ratio': (about) => [
    [
      'Devices with the version fail before they can count: it crashes the page or the worker.',
      'Look at crash reports of the app for the version.',
    ],
    [
      'The channel changed, and devices are not there yet.',
      'Compare with the last change of the rollout.',
      logOf(about),
    ],
    [
      'Some devices do not send: no consent, an ad blocker, another address.',
      'See on this page whether one browser or segment is missing.',
    ],
  ],
  'schema-mismatch': ({ registry }) => [
    [
      'The version was packed twice, and devices have the other build.',
      'Check what the registry serves.',
      `perigee verify-registry ${registry}`,
    ],
    [
      'An app ships a model file of its own under the same name.',
      'Search the app for the file, and load the model by name instead.',
    ],
  ],
  silence: (about) => [
    [
      'The app no longer loads the model, or no longer sends telemetry.',
      'Open the app with the network panel: a POST to /v1/profiles should follow a prediction.',
    ],
    [
      'Uploads do not arrive: DNS, a certificate, CORS, a full disk.',
      'Ask the collector for its health, from outside.',
      'curl -f "$COLLECTOR/v1/health"',
    ],
    ['Another version took its place.', 'See on this page what was released before.', logOf(about)],
  ],
  'cannot-judge': ({ registry }) => [
    [
      'The registry cannot be reached, or its files are damaged.',
      'Check what the registry serves.',
      `perigee verify-registry ${registry}`,
    ],
    [
      'The store is full or broken.',
      'Ask the collector for its health, and read its log.',
      'curl -f "$COLLECTOR/v1/health"',
    ],
  ],
};

function logOf({ model, registry }: Pick<About, 'model' | 'registry'>): string {
  return `perigee log ${model} --registry ${registry}`;
}

/** The usual causes of an alert of a rule, most likely first, with a check for each. */
export function causesOf(rule: RuleName, about: About): LikelyCause[] {
  return CAUSES[rule](about).map(([cause, check, command = null]) => ({ cause, check, command }));
}
