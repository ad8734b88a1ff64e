import type { Mark } from '../../api-alerts.ts';
import type { PublishedHistory } from '../../published-models.ts';
import type { StoreReader } from '../../store/store.ts';
import { findingsOf } from '../alert.ts';
import type { Alert } from '../alert.ts';
import { headlineOf } from '../words/headline.ts';
import { channelMarks } from './channel-marks.ts';

const MAX_ALERTS = 500;
const MAX_DECISIONS = 500;
/** A decision of the guard and its change of the channel come within seconds. */
const SAME_MS = 60_000;

interface Sources {
  readonly store: Pick<StoreReader, 'list'>;
  readonly publishedModels: PublishedHistory | null;
}

/**
 * Events of a model in [fromMs, toMs), oldest first: releases, steps of rollouts, rollbacks,
 * alerts, changes of the rules.
 */
export async function marksOf(
  { store, publishedModels }: Sources,
  model: string,
  fromMs: number,
  toMs: number,
): Promise<Mark[]> {
  // Without the registry, the other marks are still worth showing.
  const changes = (await publishedModels?.history(model).catch(() => [])) ?? [];
  const channels = channelMarks(changes);
  const decisions = (await decisionMarks(store, model)).filter(
    (mark) =>
      !channels.some(
        ({ kind, version, at }) =>
          kind === mark.kind &&
          version === mark.version &&
          Math.abs(Date.parse(at) - Date.parse(mark.at)) < SAME_MS,
      ),
  );
  const alerts = (await store.list('alert', MAX_ALERTS))
    .map(({ body }) => body as Alert)
    .filter((alert) => alert.model === model && alert.inhibitedBy === null)
    .flatMap(alertMarks);
  return [...channels, ...decisions, ...alerts]
    .filter(({ at }) => Date.parse(at) >= fromMs && Date.parse(at) < toMs)
    .toSorted((a, b) => (a.at < b.at ? -1 : 1));
}

interface Decision {
  readonly action: string;
  readonly model: string;
  readonly version: string;
  readonly summary: string;
}

/** Rollbacks that the guard or an operator noted, and changes of the rules. */
async function decisionMarks(store: Pick<StoreReader, 'list'>, model: string): Promise<Mark[]> {
  return (await store.list('audit', MAX_DECISIONS)).flatMap(({ atMs, body }): Mark[] => {
    const { action, model: of, version, summary } = body as Decision;
    const at = new Date(atMs).toISOString();
    if (action === 'rules-changed')
      return [{ at, kind: 'rules-changed', version: '', text: summary, alert: null }];
    if (of !== model || (action !== 'rollback' && action !== 'halt')) return [];
    return [{ at, kind: 'rolled-back', version, text: summary, alert: null }];
  });
}

function alertMarks(alert: Alert): Mark[] {
  const { id, version, openedAtMs, resolvedAtMs } = alert;
  const headline = headlineOf(findingsOf(alert));
  const mark = (kind: 'alert-opened' | 'alert-resolved', atMs: number, text: string): Mark => ({
    at: new Date(atMs).toISOString(),
    kind,
    version,
    text,
    alert: id,
  });
  return [
    ...(openedAtMs === null ? [] : [mark('alert-opened', openedAtMs, `alert: ${headline}`)]),
    ...(resolvedAtMs === null ? [] : [mark('alert-resolved', resolvedAtMs, `over: ${headline}`)]),
  ];
}
