import { Option } from 'commander';
import type { ReleaseName } from '../arguments/names.ts';
import { sourceOf, withSource } from '../arguments/release-source.ts';
import type { SourceOptions } from '../arguments/release-source.ts';
import { cardData, modelCard } from '../card/card.ts';
import type { RegisterCommand } from '../command.ts';

interface Options extends SourceOptions {
  readonly format: 'markdown' | 'json';
}

export const registerCard: RegisterCommand = (program, io) => {
  withSource(
    program
      .command('card')
      .description('print the model card of a version, for people and the Hugging Face Hub'),
  )
    .addOption(
      new Option('--format <format>', 'form of the card')
        .choices(['markdown', 'json'])
        .default('markdown'),
    )
    .addHelpText(
      'after',
      `
Examples:
  perigee card digits@1.2.0 --registry ./registry > README.md
  perigee card digits@1.3.0 --from .perigee/releases --format json`,
    )
    .action(async (release: ReleaseName, options: Options) => {
      const source = await sourceOf(release, options);
      io.out(
        options.format === 'json'
          ? JSON.stringify(cardData(source), null, 1)
          : modelCard(source).trimEnd(),
      );
    });
};
