import { findingsOf, WHAT_TO_DO } from '@perigee/collector/analysis';
import type { Alert, RuleName } from '@perigee/collector/analysis';
import { compareVersion } from '@perigee/registry';
import type { Fleet } from './fleet.ts';
import type { AlertCard, Point } from './protocol.ts';
import { channelIn } from './publisher.ts';

/** Rules about a version by itself. The others are about what it is fed. */
const OF_A_RELEASE: readonly RuleName[] = [
  'error-rate',
  'golden-failures',
  'latency',
  'fallback-rate',
  'sample-ratio',
];
/** The rule whose finding says most, first. */
const ORDER: readonly RuleName[] = [
  'error-rate',
  'golden-failures',
  'latency',
  'feature-drift',
  'accuracy',
  'estimated-accuracy',
  'prediction-drift',
];
/** Id of the card about the inputs. The others have that of their version. */
const INPUTS = 'inputs';
const CAMERA = ['brightness', 'contrast'];

/**
 * The open alerts, those with one cause together: all about the inputs, which every version gets,
 * and those about each version. Cards with a remedy come first.
 */
export function alertCards(fleet: Fleet): AlertCard[] {
  const groups = new Map<string, Alert[]>();
  for (const alert of fleet.alerts) {
    const key = isOfRelease(fleet, alert) ? alert.version : INPUTS;
    groups.set(key, [...(groups.get(key) ?? []), alert]);
  }
  return [...groups]
    .map(([id, alerts]) => cardOf(fleet, id, alerts))
    .toSorted((a, b) => Number(a.remedy === null) - Number(b.remedy === null));
}

/** A drop of accuracy while a rollout is compared is about the version, not about its inputs. */
function isOfRelease(fleet: Fleet, { rule, version }: Alert): boolean {
  if (OF_A_RELEASE.includes(rule)) return true;
  const drifts = fleet.alerts.some((one) => one.rule === 'feature-drift');
  return rule === 'accuracy' && !drifts && version !== channelIn(fleet.channel).version;
}

function cardOf(fleet: Fleet, id: string, alerts: readonly Alert[]): AlertCard {
  const rank = ({ rule }: Alert): number => (ORDER.indexOf(rule) + ORDER.length) % ORDER.length;
  // The whole fleet before its segments.
  const sorted = alerts.toSorted(
    (a, b) => rank(a) - rank(b) || (a.segment < b.segment ? -1 : a.segment > b.segment ? 1 : 0),
  );
  const [first] = sorted as [Alert];
  const drifted = sorted.find(({ rule }) => rule === 'feature-drift');
  const features = drifted ? findingsOf(drifted).map(({ subject }) => subject) : [];
  const sinceMs = Math.min(...alerts.map((one) => one.sinceMs));
  const openedMs = Math.min(...alerts.map((one) => one.openedAtMs ?? fleet.nowMs));
  const isRelease = id !== INPUTS;
  const findings = rulesOf(sorted).map((alert) => ({
    rule: alert.rule,
    summary: findingsOf(alert)[0]?.summary ?? '',
  }));
  return {
    id,
    versions: [...new Set(alerts.map(({ version }) => version))].toSorted(compareVersion),
    isUrgent: alerts.some(({ severity }) => severity === 'page'),
    sinceMs,
    openedMs,
    headline: headlineOf(first, features),
    findings,
    features,
    segments: [...new Set(alerts.map(({ segment }) => segment))].filter((one) => one !== ''),
    devices: findingsOf(first)[0]?.devices ?? 0,
    // The accuracy of the whole fleet says little about a version that few devices have.
    accuracy: isRelease ? null : accuracyAround(fleet.history.points, sinceMs),
    cause: isRelease ? causeOfRelease(fleet, first.version) : causeOfInputs(features),
    ...(isRelease ? stepForRelease(fleet, first) : stepForInputs(fleet, first, features)),
  };
}

/** One alert a rule. */
function rulesOf(sorted: readonly Alert[]): Alert[] {
  return sorted.filter((alert, i) => sorted.findIndex(({ rule }) => rule === alert.rule) === i);
}

function headlineOf({ rule, version }: Alert, features: readonly string[]): string {
  const named = features
    .slice(0, 3)
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1');
  switch (rule) {
    case 'feature-drift':
      return `Pictures differ from those in training: ${named} moved.`;
    case 'prediction-drift':
      return 'The model answers differently than in training.';
    case 'estimated-accuracy':
      return 'The model is less sure, so fewer answers are right.';
    case 'accuracy':
      return `More answers of ${version} are wrong.`;
    case 'error-rate':
      return `Sessions with ${version} fail.`;
    case 'golden-failures':
      return `Devices refuse ${version}: it computes wrong numbers.`;
    case 'latency':
      return `${version} is slow.`;
    default:
      return `${rule} of ${version}.`;
  }
}

/** Likely causes, by the names of the features. */
function causeOfInputs(features: readonly string[]): string {
  if (features.length === 0)
    return 'The inputs changed. No single feature has moved enough to name it yet.';
  if (features.some((name) => CAMERA.includes(name)))
    return 'Brightness and contrast come from the camera: another camera, its settings, or the light.';
  return 'Place and size of the digits moved, the light did not: people write in another way.';
}

type Step = Pick<AlertCard, 'remedy' | 'next'>;

/** An alert ends when no window that the collector looks at shows it, and some hours passed. */
const ENDS = 'The alert ends some hours after the counts are clear of it.';

function stepForInputs(fleet: Fleet, { rule }: Alert, features: readonly string[]): Step {
  if (features.length === 0) return { remedy: null, next: plainText(WHAT_TO_DO[rule]) };
  if (features.some((name) => CAMERA.includes(name))) {
    if (fleet.knobs.dark === 0) return { remedy: null, next: `The cameras are repaired. ${ENDS}` };
    const command = { type: 'knob', knob: 'dark', share: 0 } as const;
    return { remedy: { label: 'Repair the cameras', command }, next: ENDS };
  }
  const latest = fleet.releases.get(fleet.latest);
  if (latest?.knows.has('newUsers')) {
    const isOut = channelIn(fleet.channel).rollout?.version === latest.version;
    const remedy = { label: 'Give it to everyone', command: { type: 'everyone' } } as const;
    const next = `${latest.version} was trained on them. ${ENDS}`;
    return { remedy: isOut ? remedy : null, next };
  }
  const command = { type: 'retrain', percent: 25 } as const;
  return { remedy: { label: 'Ship a version trained on them', command }, next: 'To 25 % first.' };
}

function plainText(text: string): string {
  return text.replaceAll('`', '');
}

/** The last change of the channel that gave the version to devices. */
function causeOfRelease({ history }: Fleet, version: string): string {
  const change = history.marks.findLast(
    ({ kind, text }) =>
      (kind === 'released' || kind === 'step' || kind === 'everyone') && text.startsWith(version),
  );
  return change ? `It began after this change: ${change.text}.` : `It comes with ${version}.`;
}

function stepForRelease({ channel, before }: Fleet, { version, rule }: Alert): Step {
  const { version: stable, rollout } = channelIn(channel);
  if (rollout?.version !== version && stable !== version)
    return { remedy: null, next: `No device gets ${version} any more. ${ENDS}` };
  if (rollout?.version !== version && before === undefined)
    return { remedy: null, next: plainText(WHAT_TO_DO[rule]) };
  return { remedy: { label: `Roll ${version} back`, command: { type: 'roll-back' } }, next: ENDS };
}

/** Measured accuracy before the alert's first bad hour, and now. */
function accuracyAround(points: readonly Point[], sinceMs: number): AlertCard['accuracy'] {
  const before = points.findLast(({ atMs, measured }) => atMs < sinceMs && measured !== null);
  const now = points.findLast(({ measured }) => measured !== null);
  return before?.measured && now?.measured ? { before: before.measured, now: now.measured } : null;
}
