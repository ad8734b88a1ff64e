import { stat } from 'node:fs/promises';
import { parseManifest } from '@perigee/registry';
import { folderPath } from '../arguments/places.ts';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { describeManifest } from '../inspect/describe-manifest.ts';
import { inspectOnnx } from '../inspect/inspect-onnx.ts';
import { inspectFolder, inspectReference } from '../inspect/inspect-registry.ts';
import type { Inspection } from '../inspect/inspection.ts';
import { withFileName, readBytes } from '../pack/read-files.ts';

export const registerInspect: RegisterCommand = (program, io) => {
  program
    .command('inspect')
    .description('show the content of a model file, a manifest, a release or a registry')
    .argument(
      '<what>',
      'an .onnx file, a manifest.json, a folder of a registry or release, or a reference like ' +
        'digits@stable',
    )
    .option('--registry <folder>', 'registry of the reference', folderPath)
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

async function inspect(what: string, registry: string | undefined): Promise<Inspection> {
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
  return describeManifest(withFileName(what, () => parseManifest(bytes)));
}
