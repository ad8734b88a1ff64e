import type { ChannelFile } from '@perigee/registry';
import type { FastifyInstance } from 'fastify';
import { findingsOf } from '../../alerts/alert.ts';
import type { Alert } from '../../alerts/alert.ts';
import { guardOf } from '../../alerts/detail/guard.ts';
import { historyOf } from '../../alerts/detail/history.ts';
import { marksOf } from '../../alerts/detail/marks.ts';
import { previousRelease } from '../../alerts/detail/previous-release.ts';
import { placeOf, rollbackOf } from '../../alerts/detail/rollback.ts';
import { readLog, responsesOf } from '../../alerts/log/alert-log.ts';
import type { Logged } from '../../alerts/log/alert-log.ts';
import { groupByCause } from '../../alerts/same-cause.ts';
import type { Rules } from '../../alerts/thresholds.ts';
import { viewOf } from '../../alerts/view.ts';
import { causesOf } from '../../alerts/words/causes.ts';
import { affectedBy } from '../../analysis/affected.ts';
import { courseOf } from '../../analysis/course.ts';
import type { DriftOptions } from '../../analysis/drift.ts';
import { measureOf } from '../../analysis/measure.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { championOf } from '../../analysis/rollout-share.ts';
import { wholeBuckets } from '../../analysis/window.ts';
import type { AlertAnswer, GuardState, MarksAnswer } from '../../api-alerts.ts';
import type { AlertView, CompareAnswer } from '../../api.ts';
import { HttpError } from '../../http/http-error.ts';
import { messageOf } from '../../message-of.ts';
import type { PublishedHistory } from '../../published-models.ts';
import { guardSeenAt } from '../../monitor/guard-seen.ts';
import { checkSlice } from './check-slice.ts';
import { compareOf } from './compare.ts';
import { parseWindow } from './parse-window.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

const HOUR_MS = 3_600_000;
const BEFORE_MS = 72 * HOUR_MS;
const MAX_ALERTS = 500;
const MAX_DECISIONS = 500;

export interface AlertOptions {
  readonly tracked: () => Promise<readonly Alert[]>;
  readonly rules: Rules;
  readonly drift: DriftOptions;
  readonly registry: string | undefined;
  readonly publishedModels: PublishedHistory | null;
  readonly canRollBack: boolean;
}

/** GET /v1/alerts/:id, with everything that one needs to act; GET /v1/models/:name/marks. */
export function registerAlert(app: FastifyInstance, sources: Sources, options: AlertOptions): void {
  app.get<{ Params: { readonly id: string } }>(
    '/v1/alerts/:id',
    async ({ params: { id } }): Promise<AlertAnswer> => {
      const all = await allAlerts(sources, options);
      const alert = all.find((one) => one.id === id);
      const log = await readLog(sources.store);
      const responses = await responsesOf(sources.store, log, Date.now());
      const views = all.flatMap((one) => viewOf(one, responses.get(one.id)) ?? []);
      const view = views.find((one) => one.id === id);
      if (!alert || !view)
        throw new HttpError(
          404,
          'ALERT_NOT_FOUND',
          `There is no alert "${id}". GET /v1/alerts?state=all lists the alerts that are kept.`,
        );
      return answerOf(sources, options, alert, { view, views, log });
    },
  );

  app.get<ModelRequest>(
    '/v1/models/:name/marks',
    { schema: modelSchema },
    async ({ params: { name }, query }): Promise<MarksAnswer> => {
      const { from, to } = parseWindow(query, Date.now());
      const marks = await marksOf(
        { store: sources.store, publishedModels: options.publishedModels },
        name,
        Date.parse(from),
        Date.parse(to),
      );
      return { model: name, from, to, marks };
    },
  );
}

/** Open alerts as they are now, then the others as of their last event. */
async function allAlerts({ store }: Sources, { tracked }: AlertOptions): Promise<Alert[]> {
  const open = (await tracked()).filter(({ state }) => state === 'firing');
  const ids = new Set(open.map(({ id }) => id));
  const kept = (await store.list('alert', MAX_ALERTS)).map(({ body }) => body as Alert);
  return [...open, ...kept.filter(({ id }) => !ids.has(id))];
}

interface Known {
  readonly view: AlertView;
  readonly views: readonly AlertView[];
  readonly log: readonly Logged[];
}

async function answerOf(
  sources: Sources,
  { rules, drift, registry, publishedModels, canRollBack }: AlertOptions,
  alert: Alert,
  { view, views, log }: Known,
): Promise<AlertAnswer> {
  const { id, rule, model, version, segment } = alert;
  const nowMs = Date.now();
  const seen = spanOf(alert, nowMs);
  const [worst] = findingsOf(alert);
  const faults: string[] = [];
  // Parts that cannot be worked out are missing. The rest is shown: people need it most then.
  const orNull = async <T>(what: string, work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      faults.push(`${what} cannot be worked out: ${messageOf(error)}`);
      return null;
    });
  const isJudged =
    version !== '' &&
    rule !== 'cannot-judge' &&
    (await orNull('The part of the fleet', checkPart(sources, alert))) !== null;
  const measure = worst && isJudged ? measureOf(rule, worst.subject, rules, drift) : null;
  // Without the registry, everything that counts alone can tell is still worth showing.
  const file = await publishedModels?.channels(model).catch(() => undefined);
  const history = (await publishedModels?.history(model).catch(() => [])) ?? [];
  const published = isJudged
    ? await publishedModels?.find(model, version).catch(() => undefined)
    : undefined;
  const where = { model, version, ...(segment !== '' && { segment }) };
  const course = await orNull(
    'The course',
    courseOf(
      sources,
      isJudged ? where : { model },
      seen,
      measure,
      published?.reference ?? null,
      worst?.subject === 'guessing' ? null : (worst?.effect.threshold ?? null),
    ),
  );
  const beganMs = Date.parse(course?.bad.from ?? new Date(seen.sinceMs).toISOString());
  const beganHour = Math.floor(beganMs / HOUR_MS);
  const subject = {
    model,
    version,
    segment,
    ...wholeBuckets(beganHour, seen.untilHour, seen.nowHour),
  };
  const changes = await marksOf(
    { store: sources.store, publishedModels },
    model,
    beganMs - BEFORE_MS,
    beganMs + HOUR_MS,
  );
  const figure = measure && worst ? { name: figureName(rule, worst.subject), measure } : null;
  return {
    alert: view,
    related: relatedTo(id, views),
    affected: isJudged
      ? await orNull('Who is affected', affectedBy(sources, subject, measure))
      : null,
    course,
    began: new Date(beganMs).toISOString(),
    changes: changes.filter((mark) => mark.alert === null).toReversed(),
    previous: isJudged
      ? await orNull(
          'The comparison with the previous release',
          previousRelease(sources, subject, { file, history }, figure, drift),
        )
      : null,
    causes: causesOf(rule, {
      model: model === '' ? 'MODEL' : model,
      version,
      subject: worst?.subject ?? '',
      registry: placeOf(registry),
    }),
    rollback: rollbackOf(
      { id, rule, model, version, firstVersionSeen: view.firstVersionSeen },
      { file, history, registry, canRun: canRollBack },
    ),
    guard: await guardState(sources, alert, file, nowMs, orNull),
    runbook: `/runbooks/${rule}`,
    history: historyOf(alert, log, beganMs),
    faults,
  };
}

/** Alerts that probably have the same cause. */
function relatedTo(id: string, views: readonly AlertView[]): AlertView[] {
  const group = groupByCause(views).find((one) => one.some((view) => view.id === id)) ?? [];
  return group.filter((view) => view.id !== id);
}

/**
 * The counts of a segment are shown only if it was large enough when it was judged.
 * @throws HttpError 404
 */
async function checkPart(
  sources: Sources,
  { model, version, segment, subjects }: Alert,
): Promise<true> {
  const [worst] = findingsOf({ subjects });
  if (segment === '' || !worst) return true;
  const { fromHour, toHour } = worst;
  const window = wholeBuckets(fromHour, toHour, Math.floor(Date.now() / HOUR_MS));
  await checkSlice(sources, model, { version, segment }, window);
  return true;
}

async function guardState(
  sources: Sources,
  alert: Alert,
  file: ChannelFile | undefined,
  nowMs: number,
  orNull: <T>(what: string, work: Promise<T>) => Promise<T | null>,
): Promise<GuardState> {
  const champion = championOf(file, alert.version);
  const comparison =
    champion === undefined
      ? undefined
      : ((await orNull('The comparison', compared(sources, alert, champion))) ?? undefined);
  return guardOf(alert, {
    file,
    compared: comparison,
    decisions: await sources.store.list('audit', MAX_DECISIONS),
    lastSeenMs: await guardSeenAt(sources.store),
    nowMs,
  });
}

async function compared(
  sources: Sources,
  { model, version }: Alert,
  champion: string,
): Promise<CompareAnswer | undefined> {
  return compareOf(sources, model, { champion, challenger: version }).catch((error: unknown) => {
    if (error instanceof HttpError && error.status === 404) return undefined;
    throw error;
  });
}

/** From the first bad hour to the last one. */
function spanOf({ subjects, sinceMs, resolvedAtMs }: Alert, nowMs: number) {
  const nowHour = Math.floor(nowMs / HOUR_MS);
  const sinceHour = Math.min(Math.floor(sinceMs / HOUR_MS), nowHour);
  const lastMs = Math.max(...subjects.map(({ lastHeldMs }) => lastHeldMs));
  const untilHour = Math.max(
    sinceHour + 1,
    Math.min(nowHour + 1, resolvedAtMs === null ? nowHour + 1 : Math.floor(lastMs / HOUR_MS)),
  );
  return {
    sinceMs: sinceHour * HOUR_MS,
    sinceHour,
    untilHour,
    nowHour,
    counted: wholeBuckets(sinceHour, untilHour, nowHour),
  };
}

const FIGURES = {
  'feature-drift': 'distance from training',
  'prediction-drift': 'distance from training',
  'missing-values': 'missing values',
  'new-category': 'unknown words',
  'out-of-range': 'values out of range',
  'error-rate': 'device-hours with failures',
  'fallback-rate': 'sessions on another backend',
  'regression-error': 'root mean squared error',
  latency: 'mean time',
} as const;

/** Name of the alert's own figure in the comparison with the previous release. */
function figureName(rule: Alert['rule'], subject: string): string {
  const name = rule in FIGURES ? FIGURES[rule as keyof typeof FIGURES] : rule.replace('-', ' ');
  return subject === '' || !/drift|values|category|range/.test(rule) ? name : `${subject}: ${name}`;
}
