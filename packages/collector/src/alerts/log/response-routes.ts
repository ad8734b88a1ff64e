import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AlertView } from '../../api.ts';
import { HttpError } from '../../http/http-error.ts';
import { parseObject, personName } from '../../http/json-body.ts';
import { refuseOtherOrigins } from '../../http/own-origin.ts';
import type { CollectorStore } from '../../store/store.ts';
import type { Alert } from '../alert.ts';
import type { Alerting } from '../alerting.ts';
import { viewOf } from '../view.ts';
import { addToLog, newestCounted, readLog, responsesOf } from './alert-log.ts';
import type { Response } from './alert-log.ts';

const HOUR_MS = 3_600_000;
const MAX_ALERTS = 500;
const MAX_NOTE = 1_000;
const HOURS: Readonly<Record<string, number>> = { '1h': 1, '8h': 8 };
const NEXT_VERSION = 'next-version';

interface Request {
  Params: { readonly id: string };
}

export interface Asked {
  readonly name: string;
  readonly note: string;
  readonly until: unknown;
  readonly channel: unknown;
}

/**
 * POST /v1/alerts/:id/acknowledge, …/snooze and …/wake, with JSON that has the name of the person.
 * They need the admin key if one is set, and answer with the alert.
 */
export function registerResponses(
  app: FastifyInstance,
  store: CollectorStore,
  alerting: Alerting,
): void {
  const respond = async (
    request: FastifyRequest<Request>,
    make: (asked: Asked, alert: Alert) => Promise<Partial<Response> & Pick<Response, 'kind'>>,
  ): Promise<AlertView> => {
    refuseOtherOrigins(request);
    const { id } = request.params;
    const alert = await findAlert(alerting, id);
    const asked = parseAsked(request.body);
    const { model, version } = alert;
    const { name: by, note } = asked;
    const made = await make(asked, alert);
    const response = { alert: id, model, version, by, note, ...made } as Response;
    const nowMs = Date.now();
    await addToLog(store, randomUUID(), response, nowMs);
    const responses = await responsesOf(store, await readLog(store), nowMs);
    const view = viewOf(alert, responses.get(id));
    if (!view) throw notFound(id);
    return view;
  };

  app.post<Request>('/v1/alerts/:id/acknowledge', (request) =>
    respond(request, async () => ({ kind: 'acknowledged' })),
  );

  app.post<Request>('/v1/alerts/:id/snooze', (request) =>
    respond(request, async ({ until }, { model, version }) => {
      const hours = typeof until === 'string' ? HOURS[until] : undefined;
      if (hours === undefined && until !== NEXT_VERSION)
        throw wrong(
          `until: expected one of ${[...Object.keys(HOURS), NEXT_VERSION].join(', ')}, got ` +
            `${JSON.stringify(until) ?? 'nothing'}`,
        );
      const newest = (await newestCounted(store)).get(model) ?? version;
      return {
        kind: 'snoozed',
        untilMs: hours === undefined ? null : Date.now() + hours * HOUR_MS,
        newest,
      };
    }),
  );

  app.post<Request>('/v1/alerts/:id/wake', (request) =>
    respond(request, async () => ({ kind: 'woken' })),
  );
}

/** @throws HttpError 404 */
export async function findAlert(alerting: Alerting, id: string): Promise<Alert> {
  const found =
    (await alerting.open()).find((one) => one.id === id) ??
    (await alerting.history(MAX_ALERTS)).find((one) => one.id === id);
  if (!found) throw notFound(id);
  return found;
}

function notFound(id: string): HttpError {
  return new HttpError(
    404,
    'ALERT_NOT_FOUND',
    `There is no alert "${id}". GET /v1/alerts?state=all lists the alerts that are kept.`,
  );
}

/** @throws HttpError 400 */
export function parseAsked(body: unknown): Asked {
  const value: Partial<Record<keyof Asked, unknown>> = parseObject(body, wrong);
  const name = personName(value.name, wrong);
  const { note = '', until, channel } = value;
  if (typeof note !== 'string' || note.length > MAX_NOTE)
    throw wrong(`note: expected text of at most ${MAX_NOTE} characters`);
  return { name, note: note.trim(), until, channel };
}

export function wrong(what: string): HttpError {
  return new HttpError(
    400,
    'INVALID_INPUT',
    `The request is not usable: ${what}. Send JSON like {"name": "Ada", "note": "looking"}.`,
  );
}
