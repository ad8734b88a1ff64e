import type { Manifest } from '@perigee/registry';

/** What the wire shows of a release beside its manifest. */
export interface CardSource {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  /** The packed card's own text. */
  readonly text: string;
}

/** A model card as Markdown with the front matter of the Hugging Face Hub (https://huggingface.co/docs/hub/model-cards). */
export function modelCard({ manifest, manifestSha256, text }: CardSource): string {
  const { name, version, description, signature, variants, governance = {}, golden } = manifest;
  const { owner, intendedUse, outOfScopeUse, metrics = [], datasets = [] } = governance;
  const shape = (sizes: readonly (number | string | null)[]): string => `[${sizes.map((size) => size ?? '?').join(', ')}]`;
  return [
    frontMatter(manifest),
    text.trim() === '' ? `# ${name}\n\n${description ?? ''}` : text.trim(),
    section('Release', [`${name}@${version}, manifest \`${manifestSha256}\`.`, ...(owner === undefined ? [] : [`Owner: ${owner}.`]), ...(intendedUse === undefined ? [] : [`Intended use: ${intendedUse}`]), ...(outOfScopeUse === undefined ? [] : [`Out of scope: ${outOfScopeUse}`])]),
    section('Inputs and outputs', [rows(['', 'name', 'type', 'shape'], [...signature.inputs.map((one) => ['input', one.name, one.dtype, shape(one.shape)]), ...signature.outputs.map((one) => ['output', one.name, one.dtype, shape(one.shape)])])]),
    section('Variants', [rows(['variant', 'engine', 'weights', 'bytes on the wire'], variants.map(({ id, engine, dtype, chunks }) => [id, engine, dtype, String(chunks.reduce((sum, { wireBytes }) => sum + wireBytes, 0))]))]),
    ...(golden ? [section('Checked on every device', [rows(['where', 'atol', 'rtol'], Object.entries(golden.tolerance).map(([where, { atol, rtol }]) => [where, String(atol), String(rtol)]))])] : []),
    ...(metrics.length > 0 ? [section('Metrics', [rows(['metric', 'value', 'data', 'slice'], metrics.map((one) => [one.name, String(one.value), one.dataset ?? '', one.slice ?? 'all']))])] : []),
    ...(datasets.length > 0 ? [section('Data', [rows(['dataset', 'licence', 'sha256'], datasets.map((one) => [one.name, one.license ?? '', one.sha256 ?? '']))])] : []),
  ].join('\n\n').concat('\n');
}

function frontMatter({ name, license, description, labels, governance = {} }: Manifest): string {
  const { metrics = [], datasets = [], baseModel } = governance;
  const lines = [
    ...(license === undefined ? [] : [`license: ${yaml(license.toLowerCase())}`]),
    'library_name: perigee',
    'tags:', '  - onnx', '  - perigee',
    ...(labels ? ['pipeline_tag: other'] : []),
    ...(baseModel === undefined ? [] : [`base_model: ${yaml(baseModel)}`]),
    ...(datasets.length > 0 ? ['datasets:', ...datasets.map((one) => `  - ${yaml(one.name)}`)] : []),
    ...(metrics.length > 0 ? ['metrics:', ...[...new Set(metrics.map((one) => one.name))].map((metric) => `  - ${yaml(metric)}`)] : []),
    ...(description === undefined ? [] : [`description: ${yaml(description)}`]),
    ...(metrics.length > 0 ? modelIndex(name, metrics) : []),
  ];
  return `---\n${lines.join('\n')}\n---`;
}

function modelIndex(name: string, metrics: NonNullable<NonNullable<Manifest['governance']>['metrics']>): string[] {
  const overall = metrics.filter(({ slice }) => slice === undefined);
  return [
    'model-index:', `  - name: ${yaml(name)}`, '    results:',
    ...[...new Set(overall.map(({ dataset }) => dataset ?? 'held-out'))].flatMap((dataset) => [
      '      - task:', '          type: other', '        dataset:', `          name: ${yaml(dataset)}`, `          type: ${yaml(dataset)}`, '        metrics:',
      ...overall.filter((one) => (one.dataset ?? 'held-out') === dataset).flatMap((one) => [`          - type: ${yaml(one.name)}`, `            value: ${one.value}`]),
    ]),
  ];
}

/** Double-quoted, which is JSON's notation and YAML's too. */
function yaml(text: string): string {
  return JSON.stringify(text);
}

function section(title: string, paragraphs: readonly string[]): string {
  return [`## ${title}`, ...paragraphs].join('\n\n');
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`).join('\n');
}
