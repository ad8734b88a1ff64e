import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { makeModelTypes } from '../types/make-types.ts';
import { isOutOfDate, writeTypesFile } from '../types/write-types-file.ts';

const DEFAULT_PUBLIC = 'public';

interface Options {
  readonly out: string;
  readonly public: string;
  readonly check?: boolean;
  readonly json?: boolean;
}

export const registerTypes: RegisterCommand = (program, io) => {
  program
    .command('types')
    .description('write the TypeScript types of models, which apps then load with known types')
    .argument(
      '<sources...>',
      'registries (a folder, s3://bucket/prefix or a URL), packed releases, manifests and model ' +
        'files',
    )
    .option('--out <file>', 'file to write', 'perigee-models.d.ts')
    .option('--public <folder>', 'folder that the host serves as its root', DEFAULT_PUBLIC)
    .option('--check', 'write nothing; end with 1 if the file is out of date')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
The file adds to interfaces of "perigee". Put it where your tsconfig.json includes it, and commit
it. perigee.load('digits') then knows the inputs and the answer of the model. Other names still load
with general types. A model file is known by its URL: public/models/x.onnx is "/models/x.onnx".

Examples:
  perigee types ./registry --out src/perigee-models.d.ts
  perigee types public/model.onnx --out src/perigee-models.d.ts
  perigee types ./registry --out src/perigee-models.d.ts --check`,
    )
    .action(async (sources: string[], { out, public: publicFolder, check, json }: Options) => {
      const { text, refs, urls } = await makeModelTypes(sources, publicFolder);
      const changed = await (check ? isOutOfDate : writeTypesFile)(out, text);
      if (check && changed) {
        const served = publicFolder === DEFAULT_PUBLIC ? '' : ` --public ${publicFolder}`;
        throw new CommandError(
          `${out} is out of date. Write it again: perigee types ${sources.join(' ')} --out ${out}${served}`,
        );
      }
      const names = [...refs, ...urls].join(', ') || 'nothing';
      io.out(
        json
          ? JSON.stringify({ out, changed, refs, urls })
          : `${out} ${changed ? 'declares' : 'is up to date and declares'} ${names}`,
      );
    });
};
