import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { cutOnnxFile, layout, listVersions, parseChannelTarget, parseManifest, parseManifestTarget, parseModelRef, resolveVersion, walkOnnx } from '@perigee/registry';
import type { Manifest, Signature } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { openFolder } from '../publish/folder.ts';
import { readChannels, readState } from '../publish/publish.ts';

interface Inspection {
  readonly json: unknown;
  readonly text: string;
}

export const registerInspect: RegisterCommand = (program, io) => {
  program
    .command('inspect')
    .description('show what is in a model file, a manifest, a registry, or behind a reference')
    .argument('<what>', 'an .onnx file, a manifest.json, a registry folder, or a reference like digits@stable')
    .option('--registry <folder>', 'where references are looked up')
    .option('--json', 'print as JSON')
    .addHelpText('after', `
Examples:
  perigee inspect model.onnx
  perigee inspect ./registry
  perigee inspect digits@stable --registry ./registry`)
    .action(async (what: string, { registry, json }: { registry?: string; json?: boolean }) => {
      const inspection = await inspect(what, registry);
      io.out(json ? JSON.stringify(inspection.json) : inspection.text);
    });
};

export async function inspect(what: string, registry: string | undefined): Promise<Inspection> {
  if (registry !== undefined) return inspectReference(what, registry);
  const found = await stat(what).catch(() => undefined);
  if (found?.isDirectory()) return inspectRegistry(what);
  if (!found) throw new CommandError(`There is no file or folder "${what}". For a model reference, say where the registry is: --registry ./registry`);
  const bytes = await openFolder(dirname(what)).read(basename(what));
  if (!bytes) throw new CommandError(`${what} cannot be read.`);
  return what.endsWith('.json') ? describeManifest(parseManifest(bytes)) : inspectOnnx(what, bytes);
}

function inspectOnnx(path: string, bytes: Uint8Array): Inspection {
  const model = walkOnnx(bytes);
  const cuts = cutOnnxFile(bytes);
  const operators = Object.entries(model.operators).toSorted(([, a], [, b]) => b - a);
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`).join(', ');
  const text = [
    `${path}: ${humanBytes(bytes.byteLength)}, IR ${model.irVersion}, opset ${opsets}${model.producer && `, by ${model.producer}`}`,
    signatureTable(model),
    table(['operator', 'count'], operators),
    `${model.tensors.length} tensors; ${cuts.length} chunks${model.externalFiles.length > 0 ? `; external data in ${model.externalFiles.join(', ')}` : ''}`,
  ].join('\n\n');
  return { json: { path, sizeBytes: bytes.byteLength, irVersion: model.irVersion, opsets: model.opsets, producer: model.producer, inputs: model.inputs, outputs: model.outputs, operators: model.operators, tensors: model.tensors.length, chunks: cuts.length, externalFiles: model.externalFiles }, text };
}

function describeManifest(manifest: Manifest): Inspection {
  const { name, version, description, license, signature, variants, golden, reference, card, pipeline, labels } = manifest;
  const text = [
    `${name}@${version}${license === undefined ? '' : ` (${license})`}${description === undefined ? '' : `: ${description}`}`,
    signatureTable(signature),
    table(['variant', 'engine', 'files', 'chunks', 'size', 'on the wire'], variants.map(({ id, engine, files, chunks }) => [id, engine, files.length, chunks.length, humanBytes(total(chunks.map(({ sizeBytes }) => sizeBytes))), humanBytes(total(chunks.map(({ wireBytes }) => wireBytes)))])),
    table(['part', ''], [
      ['pipeline', pipeline ? [...pipeline.preprocess, ...pipeline.postprocess].map(({ op }) => op).join(' ▸ ') : 'none'],
      ['labels', labels ? `${labels.length}: ${labels.slice(0, 6).join(', ')}${labels.length > 6 ? ', …' : ''}` : 'none'],
      ['golden samples', golden ? humanBytes(golden.sizeBytes) : 'none'],
      ['reference', reference ? humanBytes(reference.sizeBytes) : 'none'],
      ['card', card ? humanBytes(card.sizeBytes) : 'none'],
    ]),
  ].join('\n\n');
  return { json: manifest, text };
}

async function inspectReference(text: string, root: string): Promise<Inspection> {
  const registry = openFolder(root);
  const state = await readState(registry);
  const ref = parseModelRef(text);
  const resolved = resolveVersion(state, (await readChannels(registry, state, ref.name)) ?? null, ref);
  const bytes = await registry.read(resolved.path);
  if (!bytes) throw new CommandError(`The registry ${root} is incomplete: ${resolved.path} is missing.`);
  return describeManifest(parseManifest(bytes));
}

async function inspectRegistry(root: string): Promise<Inspection> {
  const registry = openFolder(root);
  if (!(await registry.exists(layout.timestamp))) throw new CommandError(`${root} is no registry: it has no ${layout.timestamp}.`);
  const state = await readState(registry);
  const names = new Set([...Object.keys(state.targets).map((path) => parseManifestTarget(path)?.name), ...Object.keys(state.channels).map((path) => parseChannelTarget(path)?.name)].filter((name) => name !== undefined));
  const models = await Promise.all([...names].toSorted().map(async (name) => ({ name, versions: [...listVersions(state, name).keys()], channels: (await readChannels(registry, state, name))?.channels ?? {} })));
  const rows = models.map(({ name, versions, channels }) => [name, versions.join(', '), Object.entries(channels).map(([channel, { version }]) => `${channel} → ${version}`).join(', ')]);
  return { json: { metadataVersion: state.version, models }, text: `${root}: metadata version ${state.version}\n\n${table(['model', 'versions', 'channels'], rows)}` };
}

function signatureTable({ inputs, outputs }: Signature): string {
  const row = (side: string) => ({ name, dtype, shape }: Signature['inputs'][number]): string[] => [side, name, dtype, `[${shape.map((size) => size ?? '?').join(', ')}]`];
  return table(['', 'name', 'dtype', 'shape'], [...inputs.map(row('input')), ...outputs.map(row('output'))]);
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
