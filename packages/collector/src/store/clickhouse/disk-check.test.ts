import { startCollector } from '@perigee/collector';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isInstalled, startNodes } from '../../../../../scripts/clickhouse/nodes.mjs';
import { deviceHour, uploadOf } from '../../ingest/uploads.fixture.ts';

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

    // The health check finds the space by itself, although nobody sends.
    await free('documents');
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
