import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { createCounting } from './counts.ts';
import { batch, NOW_MS, parseExposition, profile } from './metrics.fixture.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { renderMetrics } from './prometheus.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Board {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly definition?: string }[];
  };
}

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../../deploy/${path}`, import.meta.url), 'utf8');
const rules = (
  parse(await read('prometheus/perigee.rules.yaml')) as {
    groups: readonly { rules: readonly Rule[] }[];
  }
).groups.flatMap((group) => group.rules);
const board = JSON.parse(await read('grafana/perigee.json')) as Board;
const queries = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...board.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => [title, expr] as const),
  ),
];

/** The printed metrics by name: type and label names. */
async function printed() {
  const { counts, counting } = createCounting(() => NOW_MS);
  await counting(openSqliteStore(':memory:')).commit([batch([profile()], { refused: 1 })]);
  const alerts = [
    { rule: 'latency', severity: 'page', state: 'firing', inhibitedBy: null, silenced: false },
  ] as const;
  const gauges = {
    featureDrift: [{ model: 'm', version: '1', feature: 'f', method: 'psi', value: 1 }],
    estimatedAccuracy: [{ model: 'm', version: '1', value: 1 }],
  };
  const { types, samples } = parseExposition(
    renderMetrics({ counts, alerts, gauges, nowMs: NOW_MS }),
  );
  return new Map(
    samples.map(({ name, labels }) => [
      name,
      {
        labels: Object.keys(labels),
        type: types.get(name) ?? types.get(name.replace(/_(bucket|sum|count)$/, '')),
      },
    ]),
  );
}
const metrics = await printed();

const METRIC = /\bml_[a-z_]+/g;

test.each(queries)('%s uses existing metrics, labels and values', (_title, query) => {
  const names = query.match(METRIC) ?? [];
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(Array.from(metrics.keys())).toContain(name);
  for (const [, name = '', matchers = ''] of query.matchAll(/\b(ml_[a-z_]+)\{([^}]*)\}/g)) {
    for (const [, label] of matchers.matchAll(/([a-z]+)\s*(?:=~|!~|!=|=)/g))
      expect(metrics.get(name)!.labels).toContain(label);
  }
  const known = new Set(names.flatMap((name) => metrics.get(name)!.labels));
  for (const [, list = ''] of query.matchAll(/\b(?:by|without|ignoring|on) \(([^)]*)\)/g))
    for (const label of list.split(',')) expect(known).toContain(label.trim());
  for (const [, outcome = ''] of query.matchAll(/outcome="([^"]*)"/g))
    expect(['started', 'degraded', 'failed']).toContain(outcome);
});

test.each(queries)(
  '%s has balanced brackets and quotes, and rates of counters only',
  (_title, query) => {
    const open: string[] = [];
    const pairs: Record<string, string> = { ')': '(', ']': '[', '}': '{' };
    const bare = query.replaceAll(/"[^"\n]*"/g, '""');
    expect(bare.replaceAll('""', '')).not.toContain('"');
    for (const one of bare) {
      if ('([{'.includes(one)) open.push(one);
      if (one in pairs) expect(open.pop()).toBe(pairs[one]);
    }
    expect(open).toEqual([]);
    for (const [, name = '', range] of query.matchAll(
      /\b(ml_[a-z_]+)(?:\{[^}]*\})?(\[[0-9]+[smhd]\])?/g,
    ))
      expect(range !== undefined).toBe(
        metrics.get(name)!.type !== 'gauge' && !query.includes(`absent(${name})`),
      );
    for (const [, inner = ''] of query.matchAll(/\b(?:rate|increase)\(([a-z_]+)/g))
      expect(metrics.get(inner)!.type).not.toBe('gauge');
  },
);

test('rules wait two hours and fire for six, but for PerigeeAlert; only failures page', () => {
  for (const rule of rules) {
    const own = rule.alert === 'PerigeeAlert';
    expect([rule.for, rule.keep_firing_for]).toEqual(own ? [undefined, undefined] : ['2h', '6h']);
    expect(rule.annotations.summary).not.toBe('');
    if (!own)
      expect(rule.labels.severity).toBe(
        ['PerigeeSessionsFailing', 'PerigeeInferenceErrors'].includes(rule.alert)
          ? 'page'
          : 'ticket',
      );
  }
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

test('labels in texts are kept by the query', () => {
  const texts = [
    ...rules.map(({ annotations, expr }) => [annotations.summary, expr]),
    ...board.panels.flatMap(({ targets }) =>
      targets.map(({ legendFormat, expr }) => [legendFormat, expr]),
    ),
  ] as [string, string][];
  for (const [text, query] of texts) {
    const kept = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map((label) => label.trim()),
    );
    const all =
      kept.length > 0
        ? kept
        : (query.match(METRIC) ?? []).flatMap((name) => metrics.get(name)!.labels);
    for (const [, label] of text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z]+)\b[^}]*\}\}/g))
      expect(all).toContain(label);
  }
});

test('every metric is on the board, panels do not overlap, and variables exist', () => {
  const shown = board.panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => expr.match(METRIC) ?? []),
  );
  for (const name of metrics.keys()) if (!/_(sum|count)$/.test(name)) expect(shown).toContain(name);
  expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
  const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  const variables = board.templating.list.map(({ name }) => name);
  for (const [, name] of JSON.stringify(board).matchAll(/\$\{?([a-z]+)\b/g))
    expect(variables).toContain(name);
  for (const { definition } of board.templating.list)
    for (const name of definition?.match(METRIC) ?? [])
      expect(Array.from(metrics.keys())).toContain(name);
});
