import type { Effect, Finding } from '../finding.ts';
import type { AlertGroup, Notice } from './notifier.ts';
import { duration } from '../../numbers.ts';
import { WHAT_TO_DO } from './what-to-do.ts';

/** A notice as short texts, the same for every channel. */
export interface Message {
  readonly title: string;
  readonly summary: string;
  /** Pairs of label and text. */
  readonly facts: readonly (readonly [string, string])[];
  readonly url: string;
}

const MAX_TEXT = 300;
const MAX_FEATURES = 5;
const EVENTS = { opened: 'opened', updated: 'got worse', resolved: 'resolved' } as const;

export function describeGroup({ model, version, notices }: AlertGroup): string {
  const [only] = notices;
  const gravest = notices.some(({ severity, event }) => severity === 'page' && event !== 'resolved')
    ? 'page'
    : 'ticket';
  if (notices.length === 1 && only) return describeNotice(only).title;
  const counts = (['opened', 'updated', 'resolved'] as const).map(
    (event) => [notices.filter((one) => one.event === event).length, EVENTS[event]] as const,
  );
  return oneLine(
    `[${gravest}] ${named(model, version)}: ${counts
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${count} ${what}`)
      .join(', ')}`,
  );
}

export function describeNotice(notice: Notice): Message {
  const { event, why, model, version, severity, headline, impact, findings, url } = notice;
  const [first] = findings;
  const still = why === 'snooze-over' ? ' is still open' : ` ${EVENTS[event]}`;
  const change = event === 'opened' || why === 'told-late' ? '' : still;
  return {
    title: oneLine(`[${severity}] ${named(model, version)}${change}: ${headline}`),
    summary: oneLine(impact),
    facts: first ? factsOf(notice, first) : [],
    url,
  };
}

function factsOf({ event, rule, since, runbook }: Notice, finding: Finding): Message['facts'] {
  const { effect, devices, effectiveN, topFeatures, firstVersionSeen, summary } = finding;
  const features = topFeatures
    .slice(0, MAX_FEATURES)
    .map(({ name, contribution }) => `${name} ${percent(contribution)}`);
  const facts: (readonly [string, string])[] = [
    ['Since', since],
    ['First version seen', oneLine(firstVersionSeen || 'unknown')],
  ];
  if (devices > 0)
    facts.unshift(['Device-hours', `${count(devices)} (effective n ${count(effectiveN)})`]);
  if (rule !== 'cannot-judge') facts.unshift(['Effect', effectText(effect)]);
  if (features.length > 0) facts.push(['Top features', oneLine(features.join(', '))]);
  facts.push(['Details', oneLine(`${rule}: ${summary}`)]);
  if (event !== 'resolved') facts.push(['What to do', WHAT_TO_DO[rule]], ['Runbook', runbook]);
  return facts;
}

function named(model: string, version: string): string {
  if (model === '') return 'all models';
  return version === '' ? model : `${model}@${version}`;
}

/** The value with its interval, if it has one, and the threshold it crossed. */
export function effectText({ value, low, high, threshold, unit }: Effect): string {
  const text = (number: number): string => {
    if (unit === 'share') return percent(number);
    if (unit === 'ms') return duration(number);
    if (unit === 'hours') return `${significant(number)} h`;
    return unit === 'ratio' ? `${significant(number)}×` : significant(number);
  };
  const interval = low === high ? '' : `95 % interval ${text(low)} to ${text(high)}; `;
  return `${text(value)} (${interval}threshold ${text(threshold)})`;
}

function percent(share: number): string {
  return `${significant(share * 100)} %`;
}

function significant(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/**
 * Names come from devices. Removes line breaks, which would start a new mail header, and limits the
 * length.
 */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
}
