import type { PublishedModels } from '../published-models.ts';
import { RETENTION } from '../store/store.ts';
import type { CollectorStore } from '../store/store.ts';
import { metricsOf } from './otlp-metrics.ts';
import { sendMetrics } from './otlp-send.ts';

export interface OtlpOptions {
  /**
   * Base URL of an OTLP/HTTP receiver, for example http://localhost:4318; `/v1/metrics` is
   * appended.
   */
  readonly url: string;
  /** Request headers, for example `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly store: CollectorStore;
  readonly publishedModels: PublishedModels | null;
  readonly logger: Pick<Console, 'error'>;
  /**
   * Hours to wait after the end of an hour before exporting it: devices send after the hour ends,
   * some of them late. Later counts are in the store only. Default 1.
   */
  readonly graceHours?: number;
  /** Attempts per request in one round. Default 4. */
  readonly attempts?: number;
  /** Delay before the second attempt in ms; doubles for each further one. Default 1,000. */
  readonly retryMs?: number;
}

export interface OtlpExporter {
  /**
   * Exports hours that are closed and not exported yet. A concurrent call joins the running one.
   * Resolves to the number of exported hours, counted per version. Never rejects; errors are
   * logged.
   */
  exportClosedHours(nowMs: number): Promise<number>;
}

/** Record of exported hours in the store, one document per model version. */
interface Exported {
  readonly hours: readonly number[];
}

const HOUR_MS = 3_600_000;
const KIND = 'otlp';
const MAX_DOCUMENTS = 100_000;
/** Older hours are rolled up to days, so they cannot be exported as hours. */
const LOOK_BACK_HOURS = RETENTION.hourDays * 24;

/**
 * Exports the collector's sums to a monitoring system, each hour of a version once, as deltas. An
 * hour is recorded as exported after the receiver responds. If the collector stops in between, it
 * sends the hour again, with the same timestamps.
 */
export function createOtlpExporter({
  url,
  headers = {},
  store,
  publishedModels,
  logger,
  graceHours = 1,
  attempts = 4,
  retryMs = 1_000,
}: OtlpOptions): OtlpExporter {
  const endpoint = `${url.replace(/\/+$/, '')}/v1/metrics`;
  let running: Promise<number> | undefined;

  async function exportHours(nowMs: number): Promise<number> {
    const nowHour = Math.floor(nowMs / HOUR_MS);
    const [fromHour, toHour] = [nowHour - LOOK_BACK_HOURS, nowHour - graceHours];
    const exported = new Map(
      (await store.list(KIND, MAX_DOCUMENTS)).map(({ id, body }) => [id, (body as Exported).hours]),
    );
    const models = [
      ...new Set(
        (await store.totals())
          .filter(({ lastHour }) => lastHour >= fromHour)
          .map(({ model }) => model),
      ),
    ];
    let count = 0;
    for (const model of models) {
      for (const { hour, version } of await store.timeline({ model, fromHour, toHour })) {
        const id = `${model}@${version}`;
        const hours = exported.get(id) ?? [];
        if (hours.includes(hour)) continue;
        const body = await bodyOf(model, version, hour);
        if (body === undefined) continue;
        const result = await sendMetrics(body, { url: endpoint, headers, attempts, retryMs });
        if (result.kind === 'unavailable') {
          // Further requests would wait as long. The next round resumes here.
          logger.error(
            `OTLP metrics could not be sent to ${endpoint}: ${result.why}. They are sent later.`,
          );
          return count;
        }
        if (result.kind === 'refused')
          logger.error(
            `OTLP metrics of ${id}, hour ${new Date(hour * HOUR_MS).toISOString()}, were ` +
              `refused by ${endpoint} and are not sent again: ${result.why}`,
          );
        else if (result.warning !== null) logger.error(`OTLP metrics of ${id}: ${result.warning}`);
        const known = [...hours.filter((one) => one >= fromHour), hour];
        exported.set(id, known);
        await store.put(KIND, id, { hours: known } satisfies Exported, nowMs);
        if (result.kind === 'taken') count += 1;
      }
    }
    return count;
  }

  /**
   * Undefined while the registry, which has the bounds, cannot be read. The hour is exported in a
   * later round.
   */
  async function bodyOf(model: string, version: string, hour: number): Promise<string | undefined> {
    try {
      const published = await publishedModels?.find(model, version);
      const query = { model, version, fromHour: hour, toHour: hour + 1 };
      const [observed, ran] = [
        await store.sums(query, ['segment']),
        await store.sums(query, ['segment', 'backend', 'browser']),
      ];
      return JSON.stringify(
        metricsOf({ model, version, hour, observed, ran, reference: published?.reference ?? null }),
      );
    } catch (error) {
      logger.error(
        `OTLP metrics of ${model}@${version} could not be made; they are sent later.`,
        error,
      );
      return undefined;
    }
  }

  return {
    exportClosedHours(nowMs) {
      running ??= exportHours(nowMs)
        .catch((error: unknown) => {
          logger.error('OTLP metrics could not be read from the store.', error);
          return 0;
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}
