import type { FastifyInstance } from 'fastify';
import { findingsOf } from './alert.ts';
import type { Alert } from './alert.ts';
import type { Alerting } from './alerting.ts';
import { headlineOf } from './words/headline.ts';
import { impactOf } from './words/impact-words.ts';
import type { AlertsAnswer, AlertView } from '../api.ts';

const MAX_ALERTS = 500;

/** GET /v1/alerts?state=open|all, latest first. */
export function registerAlerts(app: FastifyInstance, alerting: Alerting): void {
  const querystring = {
    type: 'object',
    properties: { state: { type: 'string', enum: ['open', 'all'] } },
  } as const;
  app.get<{ Querystring: { readonly state?: 'open' | 'all' } }>(
    '/v1/alerts',
    { schema: { querystring } },
    async ({ query }): Promise<AlertsAnswer> => {
      const open = await alerting.open();
      const ids = new Set(open.map(({ id }) => id));
      const ended =
        query.state === 'all'
          ? (await alerting.history(MAX_ALERTS)).filter(({ id }) => !ids.has(id))
          : [];
      return { alerts: [...open, ...ended].flatMap(viewOf) };
    },
  );
}

function viewOf(alert: Alert): AlertView[] {
  const {
    id,
    rule,
    model,
    version,
    segment,
    severity,
    state,
    undecided = null,
    undecidedSinceMs = null,
    inhibitedBy,
    sinceMs,
    openedAtMs,
    resolvedAtMs,
  } = alert;
  const findings = findingsOf(alert);
  const [worst] = findings;
  if (!worst || openedAtMs === null) return [];
  return [
    {
      id,
      rule,
      model,
      version,
      segment,
      severity,
      inhibitedBy,
      state: state === 'resolved' ? 'resolved' : 'open',
      undecided: state === 'resolved' ? null : undecided,
      undecidedSince:
        state === 'resolved' || undecidedSinceMs === null
          ? null
          : new Date(undecidedSinceMs).toISOString(),
      openedAt: new Date(openedAtMs).toISOString(),
      // Older collectors stored the end of the window as `sinceMs`, which may be later than the
      // opening.
      since: new Date(Math.min(sinceMs, openedAtMs)).toISOString(),
      resolvedAt: resolvedAtMs === null ? null : new Date(resolvedAtMs).toISOString(),
      headline: headlineOf(findings),
      impact: impactOf(worst.impact),
      summary: worst.summary,
      effect: worst.effect,
      devices: worst.devices,
      subjects: findings.map(({ subject }) => subject).filter((subject) => subject !== ''),
      topFeatures: worst.topFeatures,
      firstVersionSeen: worst.firstVersionSeen,
    },
  ];
}
