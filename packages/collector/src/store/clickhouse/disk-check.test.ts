import { startCollector } from '@perigee/collector';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isInstalled, startNodes } from '../../../../../scripts/clickhouse/nodes.mjs';
import { HttpError } from '../../http/http-error.ts';
import { deviceHour, uploadOf } from '../../ingest/uploads.fixture.ts';
import { DiskFullError } from './connection.ts';
import type { Connection } from './connection.ts';
import { createDiskCheck } from './disk-check.ts';

const inserted = ['batch_id'];

/** A connection whose inserts into some tables fail with an error. */
function failing() {
  const errors = new Map<string, Error>();
  const rows: unknown[] = [];
  const connection: Connection = {
    query: async () => [],
    command: async () => undefined,
    close: async () => undefined,
    async insert(table, _columns, given) {
      const error = errors.get(table);
      if (error) throw error;
      rows.push([table, ...given]);
    },
  };
  return { errors, rows, ...createDiskCheck(connection) };
}

test('a full disk is reported until the refused upload finds space, whatever else is written', async () => {
  const { errors, rows, connection, check } = failing();
  errors.set('profiles', new DiskFullError(new Error('full')));
  await expect(connection.insert('profiles', inserted, [['a']])).rejects.toThrow('disk');
  await connection.insert('documents', ['id'], [['alert']]);
  await connection.insert('losses', inserted, []);
  await expect(check()).rejects.toThrow(DiskFullError);
  errors.clear();
  await check();
  await check();
  expect(rows).toEqual([
    ['documents', ['alert']],
    ['profiles', ['a']],
  ]);
});

test('a full disk of other tables is reported too; a database out of reach is not', async () => {
  const { errors, connection, check } = failing();
  const full = new DiskFullError(new Error('full'));
  errors.set('batches', full).set('documents', full);
  await expect(connection.insert('batches', inserted, [['a']])).rejects.toThrow(DiskFullError);
  await expect(check()).rejects.toThrow(DiskFullError);
  errors.set('documents', new HttpError(503, 'UNAVAILABLE', 'The store did not answer.'));
  await check();
  errors.set('documents', full);
  await expect(check()).rejects.toThrow(DiskFullError);
});

/** More free space than any disk has. */
const BYTES = 10n ** 18n;

describe.skipIf(!isInstalled())('a ClickHouse with a full disk', () => {
  let servers: Awaited<ReturnType<typeof startNodes>>;
  beforeAll(async () => {
    servers = await startNodes(1);
  });
  afterAll(() => servers?.close());

  const sql = async (query: string): Promise<void> => {
    const answer = await fetch(servers.nodes[0]!.url, { method: 'POST', body: query });
    expect(await answer.text()).toBe('');
  };
  /** The server refuses inserts as on a full disk: error 243, NOT_ENOUGH_SPACE. */
  const fill = async (): Promise<void> => {
    for (const table of ['profiles', 'documents'])
      await sql(
        `ALTER TABLE full.${table} MODIFY SETTING min_free_disk_bytes_to_perform_insert = ${BYTES}`,
      );
  };
  const free = (table: string): Promise<void> =>
    sql(`ALTER TABLE full.${table} RESET SETTING min_free_disk_bytes_to_perform_insert`);

  test('uploads and health are answered with 503 until there is space; then the upload counts once', async () => {
    const errors: unknown[] = [];
    const collector = await startCollector({
      port: 0,
      everyMs: 0,
      store: { kind: 'clickhouse', url: servers.nodes[0]!.url, database: 'full' },
      logger: { error: (error) => errors.push(error) },
    });
    onTestFinished(() => collector.close());
    const upload = uploadOf([deviceHour({}, { predictions: 7 })]);
    const post = async (body: Uint8Array) => {
      const answer = await fetch(new URL('v1/profiles', collector.url), {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: body as BodyInit,
      });
      return { status: answer.status, answer: await answer.json() };
    };
    const health = async () => {
      const answer = await fetch(new URL('v1/health', collector.url));
      return { status: answer.status, answer: await answer.json() };
    };
    const full = {
      status: 503,
      answer: {
        error: { code: 'UNAVAILABLE', message: expect.stringContaining('disk') as string },
      },
    };

    expect((await health()).status).toBe(200);
    await fill();
    expect(await post(upload)).toMatchObject(full);
    expect(await health()).toMatchObject(full);
    expect(String(errors[0])).toContain('min_free_disk_bytes_to_perform_insert');

    // Space for documents is no space for uploads.
    await free('documents');
    expect(await health()).toMatchObject(full);
    // The health check finds the space by itself, although nobody sends.
    await free('profiles');
    expect((await health()).status).toBe(200);
    expect(await post(upload)).toMatchObject({ status: 202, answer: { duplicate: false } });
    expect(await post(upload)).toMatchObject({ status: 202, answer: { duplicate: true } });
    const models = await fetch(new URL('v1/models', collector.url));
    expect(await models.json()).toMatchObject({
      models: [{ name: 'm', versions: [{ predictions: 7 }] }],
    });
  });
});
