import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { isInstalled, startNodes } from '../../../../../scripts/clickhouse/nodes.mjs';

const ROOT = fileURLToPath(new URL('../../../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The fields that the tests check. Compose and Kubernetes validate the rest. */
interface ComposeService {
  readonly image: string;
  readonly hostname?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly configs?: readonly { readonly source: string }[];
  readonly ports?: readonly string[];
  readonly deploy?: { readonly replicas: number };
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}
interface Env {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: unknown;
}
interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly serviceName?: string;
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } & Readonly<
      Record<string, unknown>
    >;
    readonly ports?: readonly { readonly port: number }[];
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly Container[];
        readonly volumes?: readonly {
          readonly name: string;
          readonly configMap: { readonly name: string };
        }[];
      };
    };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}
interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly tcpSocket?: { readonly port: string };
}
interface Container {
  readonly image: string;
  readonly env?: readonly Env[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe?: Probe;
  readonly volumeMounts?: readonly { readonly name: string }[];
}

const compose = parse(read('deploy/compose.yaml'), { merge: true }) as Compose;
const { resources } = parse(read('deploy/kubernetes/kustomization.yaml')) as {
  readonly resources: readonly string[];
};
const documents = resources.flatMap((file) => parseAllDocuments(read(`deploy/kubernetes/${file}`)));
const objects = documents.map((document) => document.toJS() as KubernetesObject);
const pods = objects.filter(({ spec }) => spec?.template);

/** The version that the tests run against. */
const [version] =
  /\d+\.\d+/.exec(
    (
      JSON.parse(read('scripts/clickhouse/package.json')) as {
        dependencies: Record<string, string>;
      }
    ).dependencies['@chdb/lib-linux-x64-gnu']!,
  ) ?? [];
const understood = [...read('deploy/collector.mjs').matchAll(/\bPERIGEE_[A-Z_]+/g)].map(
  ([name]) => name,
);

/** Shards of the cluster `perigee`, as lists of hosts. */
function shardsOf(xml: string): string[][] {
  const [, cluster = ''] = /<remote_servers>\s*<perigee>([^]*)<\/perigee>/.exec(xml) ?? [];
  return cluster
    .split('</shard>')
    .slice(0, -1)
    .map((shard) => Array.from(shard.matchAll(/<host>([^<]+)<\/host>/g), ([, host]) => host!));
}

/** Checks that elements are opened and closed in order. The files use no other part of XML. */
function expectWellFormed(xml: string): void {
  const open: string[] = [];
  for (const [, close, name, , empty] of xml.matchAll(/<(\/?)([a-z_]+)((?:\s[^<>]*?)?)(\/?)>/g)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name!);
  }
  expect(open).toEqual([]);
}

test('compose: two shards of two replicas, each with a name and a disk of its own', () => {
  const servers = Object.entries(compose.services).filter(([, { image }]) =>
    image.includes('clickhouse-server'),
  );
  expect(shardsOf(compose.configs['cluster']!.content)).toEqual([
    ['clickhouse-1-1', 'clickhouse-1-2'],
    ['clickhouse-2-1', 'clickhouse-2-2'],
  ]);
  expect(servers.map(([name, { hostname }]) => [name, hostname])).toEqual(
    shardsOf(compose.configs['cluster']!.content)
      .flat()
      .map((name) => [name, name]),
  );
  expect(
    servers.map(
      ([, { environment }]) => `clickhouse-${environment!['SHARD']}-${environment!['REPLICA']}`,
    ),
  ).toEqual(servers.map(([name]) => name));
  expect(new Set(servers.map(([, { volumes }]) => volumes![0]!.split(':')[0])).size).toBe(4);
  for (const [name] of servers)
    expect(compose.configs['proxy']!.content).toContain(`server ${name}:8123;`);
});

test('compose: references resolve, images have the tested version, two collectors share one port', () => {
  for (const { image, volumes = [], configs = [], depends_on = [] } of Object.values(
    compose.services,
  )) {
    if (image.startsWith('clickhouse/')) expect(image.split(':')[1]).toBe(version);
    for (const volume of volumes) expect(compose.volumes).toHaveProperty([volume.split(':')[0]!]);
    for (const { source } of configs) expect(compose.configs).toHaveProperty([source]);
    for (const service of Array.isArray(depends_on)
      ? (depends_on as string[])
      : Object.keys(depends_on))
      expect(compose.services).toHaveProperty([service]);
  }
  expect(compose.services['collector']!.deploy!.replicas).toBe(2);
  expect(
    Object.entries(compose.services)
      .filter(([, { ports }]) => ports)
      .map(([name, { ports }]) => [name, ports]),
  ).toEqual([['proxy', ['4700:4700']]]);
  for (const name of Object.keys(compose.services['collector']!.environment!))
    expect(understood).toContain(name);
  expectWellFormed(compose.configs['cluster']!.content);
  expectWellFormed(compose.configs['keeper']!.content);
});

test('Kubernetes: the cluster lists exactly the pods that exist', () => {
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  const config = objects.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'perigee-clickhouse',
  )!;
  const sets = pods.filter(({ metadata }) => metadata.name.startsWith('perigee-clickhouse'));
  const hosts = sets.map(({ metadata, spec }) =>
    Array.from(
      { length: spec!.replicas! },
      (_, i) => `${metadata.name}-${i}.${spec!.serviceName!}`,
    ),
  );
  expect(shardsOf(config.data!['cluster.xml']!)).toEqual(hosts);
  expect(
    sets.map(
      ({ spec }) =>
        spec!.template!.spec.containers[0]!.env!.find(({ name }) => name === 'SHARD')!.value,
    ),
  ).toEqual(['1', '2']);
  const keepers = pods.find(({ metadata }) => metadata.name === 'perigee-keeper')!;
  for (let i = 0; i < keepers.spec!.replicas!; i += 1) {
    for (const xml of objects.flatMap(({ data }) => Object.values(data ?? {})))
      expect(xml).toContain(`perigee-keeper-${i}.${keepers.spec!.serviceName!}<`);
  }
  for (const xml of objects.flatMap(({ data }) => Object.values(data ?? {}))) expectWellFormed(xml);
});

test('Kubernetes: selectors match, and named ports, volumes and services exist', () => {
  const names = (kind: string): string[] =>
    objects.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
  for (const { kind, spec } of objects) {
    if (kind === 'ConfigMap') continue;
    const selector = spec!.selector!.matchLabels ?? spec!.selector!;
    const selected = pods.filter((pod) =>
      Object.entries(selector).every(
        ([name, value]) => pod.spec!.template!.metadata.labels[name] === value,
      ),
    );
    expect(selected.length).toBeGreaterThan(0);
    for (const { port } of kind === 'Service' ? spec!.ports! : [])
      expect(
        selected.every((pod) =>
          pod.spec!.template!.spec.containers[0]!.ports.some(
            ({ containerPort }) => containerPort === port,
          ),
        ),
      ).toBe(true);
  }
  for (const { spec } of pods) {
    const {
      containers: [container],
      volumes = [],
    } = spec!.template!.spec;
    const probe = container!.readinessProbe;
    expect(container!.ports.map(({ name }) => name)).toContain(
      (probe.httpGet ?? probe.tcpSocket)!.port,
    );
    if (container!.image === 'perigee-collector')
      expect([probe.httpGet!.path, container!.livenessProbe!.httpGet!.path]).toEqual([
        '/v1/health',
        '/v1/live',
      ]);
    const there = [
      ...volumes,
      ...(spec!.volumeClaimTemplates ?? []).map(({ metadata }) => metadata),
    ].map(({ name }) => name);
    for (const { name } of container!.volumeMounts ?? []) expect(there).toContain(name);
    for (const { configMap } of volumes) expect(names('ConfigMap')).toContain(configMap.name);
    if (spec!.serviceName !== undefined) expect(names('Service')).toContain(spec!.serviceName);
    if (container!.image.startsWith('clickhouse/'))
      expect(container!.image.split(':')[1]).toBe(version);
    for (const { name, value, valueFrom } of container!.env ?? []) {
      if (name.startsWith('PERIGEE_')) expect(understood).toContain(name);
      if (/PASSWORD|SECRET/.test(name))
        expect([value, JSON.stringify(valueFrom)]).toEqual([
          undefined,
          expect.stringContaining('secretKeyRef'),
        ]);
      if (name === 'PERIGEE_CLICKHOUSE_URL')
        expect(names('Service')).toContain(new URL(value!).hostname);
    }
  }
});

describe.skipIf(!isInstalled())('the collector of the image', () => {
  test('is set up by its environment, answers, and ends on SIGTERM', async () => {
    const servers = await startNodes(1);
    onTestFinished(() => servers.close());
    const env = {
      ...process.env,
      PERIGEE_CLICKHOUSE_URL: servers.nodes[0]!.url,
      PERIGEE_PORT: '0',
      PERIGEE_ORIGINS: '',
      PERIGEE_REGISTRY: '',
    };
    const child = spawn(process.execPath, [join(ROOT, 'deploy/collector.mjs')], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { port } = new URL(/http:\S+/.exec(String(line))![0]);
    expect(await (await fetch(`http://127.0.0.1:${port}/v1/models`)).json()).toEqual({
      models: [],
    });
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });
});
