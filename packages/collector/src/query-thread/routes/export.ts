import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { parseWindow } from './parse-window.ts';
import { ndjson } from '../../export/json.ts';
import { parquet } from '../../export/parquet.ts';
import { readWindow } from '../../export/read-window.ts';
import type { ExportRow } from '../../export/rows.ts';
import type { PublishedModels } from '../../published-models.ts';
import { HttpError } from '../../http/http-error.ts';
import type { StoreReader } from '../../store/store.ts';
import { modelSchema } from './query.ts';
import type { ModelRequest } from './query.ts';

interface Format {
  readonly type: string;
  readonly write: (rows: AsyncIterable<ExportRow>) => AsyncIterable<Uint8Array | string>;
}

const FORMATS: Readonly<Record<string, Format>> = {
  parquet: { type: 'application/vnd.apache.parquet', write: (rows) => parquet(rows) },
  ndjson: { type: 'application/x-ndjson; charset=utf-8', write: ndjson },
};

type ExportRequest = ModelRequest & { Querystring: { readonly format?: string } };

const schema = {
  ...modelSchema,
  querystring: {
    ...modelSchema.querystring,
    properties: {
      ...modelSchema.querystring.properties,
      format: { type: 'string', maxLength: 32 },
    },
  },
} as const;

/**
 * GET /v1/models/:name/export: streams all counts of a window, one row per count. An interrupted
 * response is not a valid file.
 */
export function registerExport(
  app: FastifyInstance,
  store: StoreReader,
  publishedModels: PublishedModels | null,
): void {
  app.get<ExportRequest>(
    '/v1/models/:name/export',
    { schema },
    async ({ params, query }, reply) => {
      const { format = 'parquet', version } = query;
      const chosen = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
      if (!chosen)
        throw new HttpError(
          400,
          'INVALID_INPUT',
          `format: expected one of ${Object.keys(FORMATS).join(', ')}, got "${format}".`,
        );
      const now = Date.now();
      const { fromHour, toHour } = parseWindow(query, now);
      const rows = await readWindow(
        store,
        publishedModels,
        { model: params.name, fromHour, toHour, ...(version !== undefined && { version }) },
        now,
      );
      void reply
        .type(chosen.type)
        .header(
          'content-disposition',
          attachment(
            [
              params.name,
              ...(version === undefined ? [] : [version]),
              dayOf(fromHour),
              dayOf(toHour),
            ],
            format,
          ),
        );
      return reply.send(Readable.from(chosen.write(rows), { objectMode: false }));
    },
  );
}

/**
 * A content-disposition header with a file name. Characters other than letters, digits, ".", "_"
 * and "-" are removed.
 */
export function attachment(parts: readonly string[], extension: string): string {
  return (
    'attachment; ' +
    `filename="${parts.map((part) => part.replaceAll(/[^\w.-]/g, '')).join('-')}.${extension}"`
  );
}

/** Formats an hour like `20261120T10`. */
function dayOf(hour: number): string {
  return new Date(hour * 3_600_000).toISOString().slice(0, 13).replaceAll('-', '');
}
