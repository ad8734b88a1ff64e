import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { findingsOf } from '../alerts/alert.ts';
import type { Alert } from '../alerts/alert.ts';
import type { Alerting } from '../alerts/alerting.ts';
import { readLog } from '../alerts/log/alert-log.ts';
import type { Logged, Response } from '../alerts/log/alert-log.ts';
import { headlineOf } from '../alerts/words/headline.ts';
import type { AuditAnswer } from '../api.ts';
import { HttpError } from '../http/http-error.ts';
import { parseObject } from '../http/json-body.ts';
import { refuseOtherOrigins } from '../http/own-origin.ts';
import type { CollectorStore } from '../store/store.ts';

const KIND = 'audit';
const MAX_ENTRIES = 500;
const ACTIONS: ReadonlySet<string> = new Set([
  'watch',
  'halt',
  'rollback',
  'alert-opened',
  'alert-resolved',
]);
const ACTORS: ReadonlySet<string> = new Set(['guard', 'operator']);

type Entry = Omit<AuditAnswer['entries'][number], 'id' | 'at'>;

/**
 * GET /v1/audit, newest first. POST /v1/audit records decisions of the guard and of operators; it
 * needs the admin key if one is set.
 */
export function registerAudit(
  app: FastifyInstance,
  store: CollectorStore,
  alerting: Alerting,
): void {
  app.get('/v1/audit', async (): Promise<AuditAnswer> => {
    const decisions = (await store.list(KIND, MAX_ENTRIES)).map(({ id, atMs, body }) => ({
      id,
      at: new Date(atMs).toISOString(),
      ...(body as Entry),
    }));
    const alerts = (await alerting.history(MAX_ENTRIES)).flatMap(transitionsOf);
    const responses = (await readLog(store)).flatMap(responseEntry);
    return {
      entries: [...decisions, ...alerts, ...responses]
        .toSorted((a, b) => (a.at < b.at ? 1 : -1))
        .slice(0, MAX_ENTRIES),
    };
  });

  app.post('/v1/audit', async (request, reply) => {
    refuseOtherOrigins(request);
    const entry = parseEntry(request.body);
    const id = randomUUID();
    await store.put(KIND, id, entry, Date.now());
    void reply.code(201);
    return { id };
  });
}

function transitionsOf(alert: Alert): AuditAnswer['entries'][number][] {
  const { id, model, version, rule, openedAtMs, resolvedAtMs } = alert;
  const [worst] = findingsOf(alert);
  const entry = (
    action: 'alert-opened' | 'alert-resolved',
    atMs: number,
    summary: string,
  ): AuditAnswer['entries'][number] => ({
    id: `${id}:${action}`,
    at: new Date(atMs).toISOString(),
    actor: 'collector',
    action,
    model,
    version,
    summary,
    evidence: worst ?? null,
  });
  return [
    ...(openedAtMs === null
      ? []
      : [entry('alert-opened', openedAtMs, headlineOf(findingsOf(alert)) || rule)]),
    ...(resolvedAtMs === null
      ? []
      : [entry('alert-resolved', resolvedAtMs, `${rule} no longer holds.`)]),
  ];
}

/** An action of a person about an alert. */
function responseEntry({ id, atMs, entry }: Logged): AuditAnswer['entries'][number][] {
  if (!('by' in entry)) return [];
  const { kind, model, version, by, note } = entry;
  return [
    {
      id,
      at: new Date(atMs).toISOString(),
      actor: 'operator',
      action: kind === 'rolled-back' ? 'rollback' : `alert-${kind}`,
      model,
      version,
      summary: `${by} ${didOf(entry)}${note === '' ? '.' : `: ${note}`}`,
      evidence: null,
    },
  ];
}

function didOf(entry: Response): string {
  const alert = `the alert ${entry.alert}`;
  switch (entry.kind) {
    case 'acknowledged':
      return `acknowledged ${alert}`;
    case 'woken':
      return `ended the snooze of ${alert}`;
    case 'rolled-back':
      return `rolled ${entry.channel} back to ${entry.to}, for ${alert}`;
    case 'snoozed':
      return entry.untilMs === null
        ? `snoozed ${alert} until the next version`
        : `snoozed ${alert} until ${new Date(entry.untilMs).toISOString()}`;
  }
}

function parseEntry(body: unknown): Entry {
  const wrong = (what: string): HttpError =>
    new HttpError(400, 'INVALID_INPUT', `The audit entry is not usable: ${what}.`);
  const value: Partial<Record<keyof Entry, unknown>> = parseObject(body, wrong);
  const { actor, action, model, version, summary, evidence = null } = value;
  if (typeof actor !== 'string' || !ACTORS.has(actor))
    throw wrong(`actor: expected one of ${[...ACTORS].join(', ')}`);
  if (typeof action !== 'string' || !ACTIONS.has(action))
    throw wrong(`action: expected one of ${[...ACTIONS].join(', ')}`);
  for (const [name, text] of Object.entries({ model, version, summary }))
    if (typeof text !== 'string' || text.length > 2_000)
      throw wrong(`${name}: expected text of at most 2,000 characters`);
  return { actor, action, model, version, summary, evidence } as Entry;
}
