import { shapeText } from '../print/shape-text.ts';
import type { Governance, Manifest, Metric, Pipeline, Tolerance } from '@perigee/registry';

/** Describes the changes of the manifest in words, in the order of their importance to users. */
export function describeChanges(before: Manifest, after: Manifest): string[] {
  return [
    ...signatureChanges(before, after),
    ...pipelineChanges(before.pipeline, after.pipeline),
    ...labelChanges(before.labels, after.labels),
    ...variantChanges(before, after),
    ...toleranceChanges(before.golden?.tolerance, after.golden?.tolerance),
    ...(before.golden?.sha256 === after.golden?.sha256 ? [] : ['the golden samples differ']),
    ...(before.reference?.sha256 === after.reference?.sha256
      ? []
      : ['the drift reference differs']),
    ...textChange('the licence', before.license, after.license),
    ...textChange('the lowest SDK', before.minSdk, after.minSdk),
    ...governanceChanges(before.governance ?? {}, after.governance ?? {}),
    ...(before.card?.sha256 === after.card?.sha256 ? [] : ['the card differs']),
  ];
}

function signatureChanges(before: Manifest, after: Manifest): string[] {
  const tensors = ({ signature }: Manifest): Map<string, string> =>
    new Map(
      (['input', 'output'] as const).flatMap((kind) =>
        signature[`${kind}s`].map(
          (one) => [`${kind} "${one.name}"`, `${one.dtype} ${shapeText(one)}`] as const,
        ),
      ),
    );
  const changes = mapChanges(tensors(before), tensors(after));
  const sameMajor = before.version.split('.')[0] === after.version.split('.')[0];
  return changes.length > 0 && sameMajor
    ? [
        ...changes,
        'the inputs or outputs differ, but the major version stays ' +
          `${after.version.split('.')[0]}: apps that take ${before.version} may not work with ` +
          `${after.version}`,
      ]
    : changes;
}

function pipelineChanges(before: Pipeline | undefined, after: Pipeline | undefined): string[] {
  return (['preprocess', 'postprocess'] as const).flatMap((part) => {
    const [old, now] = [before?.[part] ?? [], after?.[part] ?? []];
    const ops = (steps: readonly { readonly op: string }[]): string =>
      steps.map(({ op }) => op).join(', ') || 'nothing';
    if (ops(old) !== ops(now)) return [`the pipeline differs, ${part}: ${ops(old)} → ${ops(now)}`];
    return now.flatMap((step, i) =>
      same(step, old[i])
        ? []
        : [
            `the pipeline differs, ${part} step ${i + 1} (${step.op}): ` +
              `${fields(old[i] ?? {}, step)}`,
          ],
    );
  });
}

/** Describes the fields of a step that differ. Lists appear by name only. */
function fields(before: object, after: object): string {
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const show = (value: unknown): string => JSON.stringify(value) ?? 'not given';
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => !same(old[name], now[name]))
    .map((name) =>
      Array.isArray(now[name]) || Array.isArray(old[name])
        ? name
        : `${name} ${show(old[name])} → ${show(now[name])}`,
    )
    .join(', ');
}

const MAX_NAMED = 5;

function labelChanges(before: readonly string[] = [], after: readonly string[] = []): string[] {
  if (same(before, after)) return [];
  const named = (list: readonly string[]): string =>
    `${list
      .slice(0, MAX_NAMED)
      .map((name) => `"${name}"`)
      .join(', ')}${list.length > MAX_NAMED ? ` and ${list.length - MAX_NAMED} more` : ''}`;
  const [gone, added] = [
    before.filter((label) => !after.includes(label)),
    after.filter((label) => !before.includes(label)),
  ];
  if (gone.length === 0 && added.length === 0) return ['the labels are in another order'];
  return [
    ...(gone.length > 0 ? [`the labels ${named(gone)} are gone`] : []),
    ...(added.length > 0 ? [`the labels ${named(added)} are new`] : []),
  ];
}

function variantChanges(before: Manifest, after: Manifest): string[] {
  const [old, now] = [before.variants.map(({ id }) => id), after.variants.map(({ id }) => id)];
  return [
    ...old.filter((id) => !now.includes(id)).map((id) => `the variant ${id} is gone`),
    ...now.filter((id) => !old.includes(id)).map((id) => `the variant ${id} is new`),
  ];
}

function toleranceChanges(
  before: Readonly<Record<string, Tolerance>> = {},
  after: Readonly<Record<string, Tolerance>> = {},
): string[] {
  const words = (tolerances: Readonly<Record<string, Tolerance>>): Map<string, string> =>
    new Map(
      Object.entries(tolerances).map(([where, { atol, rtol }]) => [
        `the golden tolerance of ${where}`,
        `${atol} + ${rtol} × value`,
      ]),
    );
  return mapChanges(words(before), words(after));
}

function governanceChanges(before: Governance, after: Governance): string[] {
  const datasets = ({ datasets: list = [] }: Governance): Map<string, string> =>
    new Map(
      list.map(({ name, sha256, license }) => [
        `the dataset "${name}"`,
        [
          sha256 === undefined ? 'without a digest' : `${sha256.slice(0, 12)}…`,
          ...(license === undefined ? [] : [license]),
        ].join(', '),
      ]),
    );
  return [
    ...metricChanges(before.metrics, after.metrics),
    ...mapChanges(datasets(before), datasets(after)),
    ...textChange('the owner', before.owner, after.owner),
    ...textChange('the intended use', before.intendedUse, after.intendedUse),
    ...textChange('what is out of scope', before.outOfScopeUse, after.outOfScopeUse),
    ...textChange('the base model', before.baseModel, after.baseModel),
    ...textChange('the code', before.codeCommit, after.codeCommit),
    ...textChange('what it was trained with', before.trainedWith, after.trainedWith),
    ...textChange('the quantization', before.quantization, after.quantization),
  ];
}

function metricChanges(before: readonly Metric[] = [], after: readonly Metric[] = []): string[] {
  const keyed = (list: readonly Metric[]): Map<string, number> =>
    new Map(
      list.map(({ name, dataset, slice, value }) => {
        const rows = [dataset, slice].filter((part) => part !== undefined);
        return [rows.length > 0 ? `${name} (${rows.join(', ')})` : name, value];
      }),
    );
  const [old, now] = [keyed(before), keyed(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => {
    const [a, b] = [old.get(key), now.get(key)];
    if (a === b) return [];
    if (a === undefined || b === undefined)
      return [a === undefined ? `${key} is new: ${b}` : `${key} is gone, it was ${a}`];
    return [`${key}: ${a} → ${b} (${b > a ? '+' : '−'}${Number(Math.abs(b - a).toPrecision(3))})`];
  });
}

function mapChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === now) return [];
    if (old === undefined || now === undefined)
      return [old === undefined ? `${name} is new: ${now}` : `${name} is gone, it was ${old}`];
    return [`${name}: ${old} → ${now}`];
  });
}

function textChange(what: string, before: string | undefined, after: string | undefined): string[] {
  return before === after ? [] : [`${what} differs: ${before ?? 'none'} → ${after ?? 'none'}`];
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
