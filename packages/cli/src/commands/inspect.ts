import { stat } from 'node:fs/promises';
import {
  formatModelRef,
  layout,
  listVersions,
  parseChannelTarget,
  parseManifest,
  parseManifestTarget,
  parseModelRef,
  resolveVersion,
} from '@perigee/registry';
import type { Manifest, Signature } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { cutFiles } from '../pack/variants/cut-files.ts';
import { shapeText } from '../print/shape-text.ts';
import { about, readBytes, readModel } from '../pack/read-files.ts';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { openFolder } from '../publish/folder.ts';
import { openRegistry, readChannels } from '../publish/registry.ts';
import { folderPath } from './shared.ts';

const SHOWN_TENSORS = 10;

interface Inspection {
  readonly json: unknown;
  readonly text: string;
}

export const registerInspect: RegisterCommand = (program, io) => {
  program
    .command('inspect')
    .description('show what is in a model file, a manifest, a registry, or behind a reference')
    .argument(
      '<what>',
      'an .onnx file, a manifest.json, a registry or release folder, or a reference like ' +
        'digits@stable',
    )
    .option('--registry <folder>', 'where references are looked up', folderPath)
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perigee inspect model.onnx
  perigee inspect ./registry
  perigee inspect digits@stable --registry ./registry`,
    )
    .action(async (what: string, { registry, json }: { registry?: string; json?: boolean }) => {
      const inspection = await inspect(what, registry);
      io.out(json ? JSON.stringify(inspection.json) : inspection.text);
    });
};

export async function inspect(what: string, registry: string | undefined): Promise<Inspection> {
  if (registry !== undefined) return inspectReference(what, registry);
  const found = await stat(what).catch(() => undefined);
  if (found?.isDirectory()) return inspectFolder(what);
  if (!found)
    throw new CommandError(
      `There is no file or folder "${what}". For a model reference, say where the registry ` +
        'is: --registry ./registry',
    );
  if (!what.endsWith('.json')) return inspectOnnx(what);
  const bytes = await readBytes(what);
  return describeManifest(about(what, () => parseManifest(bytes)));
}

async function inspectOnnx(path: string): Promise<Inspection> {
  const { entry, files, onnx } = await readModel(path);
  const { files: cut, chunks } = await cutFiles({ entry, files, onnx });
  const sizeBytes = total(cut.map((file) => file.sizeBytes));
  const wireBytes = total(chunks.map((chunk) => chunk.wireBytes));
  const opsets = Object.entries(onnx.opsets)
    .map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`)
    .join(', ');
  const operators = Object.entries(onnx.operators).toSorted(([, a], [, b]) => b - a);
  const tensors = [...onnx.tensors, ...onnx.externalTensors]
    .map(({ name, dtype, start, end }) => ({ name, dtype, sizeBytes: (end ?? start) - start }))
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const rest = tensors.slice(SHOWN_TENSORS);
  const text = [
    `${path}: ${humanBytes(sizeBytes)}${files.size > 1 ? ` in ${files.size} files` : ''}, IR ` +
      `${onnx.irVersion}, opset ${opsets}${onnx.producer && `, by ${onnx.producer}`}`,
    signatureTable(onnx),
    table(['operator', 'count'], operators),
    table(
      ['tensor', 'dtype', 'size'],
      tensors
        .slice(0, SHOWN_TENSORS)
        .map(({ name, dtype, sizeBytes: size }) => [name, dtype ?? 'other', humanBytes(size)]),
    ) +
      (rest.length > 0
        ? `\n… and ${rest.length} more, ` +
          `${humanBytes(total(rest.map((tensor) => tensor.sizeBytes)))}`
        : ''),
    table(
      ['file', 'size', 'chunks'],
      cut.map((file) => [file.path, humanBytes(file.sizeBytes), file.chunks.length]),
    ),
    `${chunks.length} different chunks, ${humanBytes(wireBytes)} on the wire`,
  ].join('\n\n');
  const json = {
    path,
    sizeBytes,
    wireBytes,
    irVersion: onnx.irVersion,
    opsets: onnx.opsets,
    producer: onnx.producer,
    inputs: onnx.inputs,
    outputs: onnx.outputs,
    operators: onnx.operators,
    tensors,
    externalFiles: onnx.externalFiles,
    files: cut.map((file) => ({
      path: file.path,
      sizeBytes: file.sizeBytes,
      sha256: file.sha256,
      chunks: file.chunks.map((index) => chunks[index]),
    })),
  };
  return { json, text };
}

function describeManifest(manifest: Manifest): Inspection {
  const {
    name,
    version,
    description,
    license,
    signature,
    variants,
    golden,
    reference,
    card,
    pipeline,
    labels,
  } = manifest;
  const licensed = license === undefined ? '' : ` (${license})`;
  const described = description === undefined ? '' : `: ${description}`;
  const text = [
    `${name}@${version}${licensed}${described}`,
    signatureTable(signature),
    table(
      ['variant', 'engine', 'weights', 'files', 'chunks', 'size', 'on the wire'],
      variants.map(({ id, engine, dtype, optimized, requires, files, chunks }) => [
        id,
        engine,
        `${dtype}${optimized ? ', optimised' : ''}` +
          (requires?.backends ? `, only on ${requires.backends.join(', ')}` : ''),
        files.length,
        chunks.length,
        humanBytes(total(chunks.map(({ sizeBytes }) => sizeBytes))),
        humanBytes(total(chunks.map(({ wireBytes }) => wireBytes))),
      ]),
    ),
    table(
      ['part', ''],
      [
        [
          'pipeline',
          pipeline
            ? [...pipeline.preprocess, ...pipeline.postprocess].map(({ op }) => op).join(' ▸ ')
            : 'none',
        ],
        [
          'labels',
          labels
            ? `${labels.length}: ${labels.slice(0, 6).join(', ')}${labels.length > 6 ? ', …' : ''}`
            : 'none',
        ],
        ['golden samples', golden ? humanBytes(golden.sizeBytes) : 'none'],
        ['reference', reference ? humanBytes(reference.sizeBytes) : 'none'],
        ['card', card ? humanBytes(card.sizeBytes) : 'none'],
      ],
    ),
  ].join('\n\n');
  return { json: manifest, text };
}

async function inspectReference(text: string, root: string): Promise<Inspection> {
  const registry = await openRegistry(openFolder(root));
  const ref = parseModelRef(text);
  const resolved = await resolveVersion(
    registry.state,
    (await readChannels(registry, ref.name)) ?? null,
    ref,
    { installId: '', now: new Date() },
  );
  const bytes = await registry.folder.read(resolved.path);
  if (!bytes)
    throw new CommandError(`The registry ${root} is incomplete: ${resolved.path} is missing.`);
  const { json, text: described } = describeManifest(
    about(resolved.path, () => parseManifest(bytes)),
  );
  return {
    json,
    text: `${formatModelRef(ref)} is ${resolved.version} (${resolved.reason})\n\n${described}`,
  };
}

async function inspectFolder(root: string): Promise<Inspection> {
  const folder = openFolder(root);
  const manifest = await folder.read('manifest.json');
  if (manifest)
    return describeManifest(about(`${root}/manifest.json`, () => parseManifest(manifest)));
  if (!(await folder.exists(layout.timestamp)))
    throw new CommandError(
      `${root} is neither a registry nor a packed release: it has no ${layout.timestamp} and ` +
        'no manifest.json.',
    );
  const registry = await openRegistry(folder);
  const { state } = registry;
  const names = new Set(
    [
      ...Object.keys(state.targets).map((path) => parseManifestTarget(path)?.name),
      ...Object.keys(state.channels).map((path) => parseChannelTarget(path)),
    ].filter((name) => name !== undefined),
  );
  const models = await Promise.all(
    [...names].toSorted().map(async (name) => ({
      name,
      versions: [...listVersions(state, name).keys()],
      channels: (await readChannels(registry, name))?.channels ?? {},
    })),
  );
  const rows = models.map(({ name, versions, channels }) => [
    name,
    versions.join(', '),
    Object.entries(channels)
      .map(([channel, { version }]) => `${channel} → ${version}`)
      .join(', '),
  ]);
  return {
    json: { metadataVersion: state.version, models },
    text:
      `${root}: metadata version ` +
      `${state.version}\n\n${table(['model', 'versions', 'channels'], rows)}`,
  };
}

function signatureTable({ inputs, outputs }: Signature): string {
  const row =
    (side: string) =>
    (one: Signature['inputs'][number]): string[] => [side, one.name, one.dtype, shapeText(one)];
  return table(
    ['', 'name', 'dtype', 'shape'],
    [...inputs.map(row('input')), ...outputs.map(row('output'))],
  );
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
