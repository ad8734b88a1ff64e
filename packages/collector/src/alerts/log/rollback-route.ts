import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RollbackAnswer } from '../../api-alerts.ts';
import { HttpError } from '../../http/http-error.ts';
import { refuseOtherOrigins } from '../../http/own-origin.ts';
import { messageOf } from '../../message-of.ts';
import type { CollectorOptions } from '../../options.ts';
import type { PublishedHistory } from '../../published-models.ts';
import type { CollectorStore } from '../../store/store.ts';
import type { Alert } from '../alert.ts';
import type { Alerting } from '../alerting.ts';
import { stepsBack } from '../detail/rollback.ts';
import type { StepBack } from '../detail/rollback.ts';
import { addToLog } from './alert-log.ts';
import { findAlert, parseAsked, wrong } from './response-routes.ts';

export interface RollbackSources {
  readonly store: CollectorStore;
  readonly alerting: Alerting;
  readonly publishedModels: PublishedHistory | null;
  readonly rollBack: CollectorOptions['rollBack'];
}

/**
 * POST /v1/alerts/:id/rollback, with JSON that has the name of the person and the channel. It does
 * a step that GET /v1/alerts/:id lists, and no other.
 */
export function registerRollback(app: FastifyInstance, sources: RollbackSources): void {
  app.post<Asked>('/v1/alerts/:id/rollback', (request) => rollBackFor(request, sources));
}

interface Asked {
  Params: { readonly id: string };
}

async function rollBackFor(
  request: FastifyRequest<Asked>,
  { store, alerting, publishedModels, rollBack }: RollbackSources,
): Promise<RollbackAnswer> {
  refuseOtherOrigins(request);
  if (!rollBack || !publishedModels) throw noKeys();
  const { id, model, version } = await findAlert(alerting, request.params.id);
  const { name: by, note, channel: asked } = parseAsked(request.body);
  const step = await stepOf({ model, version }, asked, publishedModels);
  const { channel } = step;
  const reason = `alert ${id}, by ${by}${note === '' ? '' : `: ${note}`}`;
  const order = { model, channel, from: version, version: step.version, note: reason };
  const done = await rollBack(order).catch((cause: unknown) => {
    throw failed(step, cause);
  });
  const entry = { alert: id, model, version, by, note, channel, to: done.version };
  await addToLog(store, randomUUID(), { kind: 'rolled-back', ...entry }, Date.now()).catch(
    (cause: unknown) => {
      throw notLogged(channel, done.version, cause);
    },
  );
  return { channel, ...done };
}

/** @throws HttpError 400 for no channel of the alert */
async function stepOf(
  { model, version }: Pick<Alert, 'model' | 'version'>,
  channel: unknown,
  publishedModels: PublishedHistory,
): Promise<StepBack> {
  const file = await publishedModels.channels(model);
  const steps = file ? stepsBack(version, file, await publishedModels.history(model)) : [];
  const step = steps.find((one) => one.channel === channel);
  if (step) return step;
  const known = steps.map((one) => one.channel).join(', ');
  throw wrong(
    steps.length === 0
      ? `no channel of ${model} can be rolled back from ${version}`
      : `channel: expected one of ${known}, got ${JSON.stringify(channel) ?? 'nothing'}`,
  );
}

function notLogged(channel: string, version: string, cause: unknown): HttpError {
  return new HttpError(
    503,
    'UNAVAILABLE',
    `"${channel}" is back at ${version}, but the collector could not write that to its log: ` +
      messageOf(cause),
  );
}

function noKeys(): HttpError {
  return new HttpError(
    409,
    'NO_SIGNING_KEYS',
    'This collector holds no signing keys, so it cannot roll back. Run the command of the alert ' +
      'where the keys are, or start the collector with --rollback-to.',
  );
}

function failed({ channel, version }: StepBack, cause: unknown): HttpError {
  return new HttpError(
    502,
    'ROLLBACK_FAILED',
    `"${channel}" was not rolled back to ${version}: ${messageOf(cause)}`,
  );
}
