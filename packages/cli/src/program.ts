import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { CommandError } from './command.ts';
import type { Io, RegisterCommand } from './command.ts';
import { registerCard } from './commands/card.ts';
import { registerCollector } from './commands/collector.ts';
import { registerDiff } from './commands/diff.ts';
import { registerEval } from './commands/eval.ts';
import { registerExperiment } from './commands/experiment.ts';
import { registerExport } from './commands/export.ts';
import { registerGuard } from './commands/guard.ts';
import { registerInit } from './commands/init.ts';
import { registerInspect } from './commands/inspect.ts';
import { registerKeygen } from './commands/keygen.ts';
import { registerLog } from './commands/log.ts';
import { registerPack } from './commands/pack.ts';
import { registerPromote } from './commands/promote.ts';
import { registerPublish } from './commands/publish.ts';
import { registerRecover } from './commands/recover.ts';
import { registerResign } from './commands/resign.ts';
import { registerRevoke } from './commands/revoke.ts';
import { registerRollback } from './commands/rollback.ts';
import { registerRollout } from './commands/rollout.ts';
import { registerRotate } from './commands/rotate.ts';
import { registerSbom } from './commands/sbom.ts';
import { registerSimulate } from './commands/simulate.ts';
import { registerTuf } from './commands/tuf.ts';
import { registerTypes } from './commands/types.ts';
import { registerVerifyRegistry } from './commands/verify-registry.ts';

/** All commands by their heading in the help. */
const COMMANDS: Readonly<Record<string, readonly RegisterCommand[]>> = {
  'Make a release:': [
    registerPack,
    registerEval,
    registerInspect,
    registerTypes,
    registerCard,
    registerSbom,
  ],
  'Deliver releases:': [
    registerPublish,
    registerPromote,
    registerRollout,
    registerRollback,
    registerRevoke,
    registerExperiment,
    registerDiff,
    registerLog,
    registerSimulate,
  ],
  'Watch devices:': [registerCollector, registerGuard, registerExport],
  'Run a registry:': [
    registerInit,
    registerVerifyRegistry,
    registerResign,
    registerKeygen,
    registerRotate,
    registerRecover,
    registerTuf,
  ],
};

const HELP = `
From a model to devices:
  perigee init --to ./registry
  perigee pack model.onnx --name digits --version 1.2.0
  perigee publish digits@1.2.0 --to ./registry
  perigee rollout digits@1.3.0 --percent 5 --to ./registry
  perigee inspect digits --registry ./registry
  perigee collector --registry ./registry
  perigee guard --to ./registry --collector http://127.0.0.1:4700`;

/** Runs one command line. Resolves to the exit code: 0 success, 1 failure, 2 wrong arguments. */
export async function runProgram(args: readonly string[], io: Io): Promise<0 | 1 | 2> {
  try {
    await createProgram(io).parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander prints the errors of its own calls of a parser, but not those of an action's.
    if (error instanceof InvalidArgumentError) io.err(`✗ ${error.message}`);
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.err(`✗ ${describe(error)}`);
    return 1;
  }
}

/** All commands. The reference of the command line is made of them. */
export function createProgram(io: Io): Command {
  const program = new Command('perigee')
    .description('Pack, deliver and watch machine-learning models.')
    .version(ownVersion())
    // Otherwise `pack --version 1.2.0` would print the version of the program.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    })
    .showHelpAfterError('(perigee --help lists the commands)')
    .addHelpText('after', HELP);
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const register of commands) register(program, io);
  }
  program.commandsGroup('Help:').helpCommand('help [command]', 'display help for a command');
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError(`(perigee ${command.name()} --help shows examples)`);
  return program;
}

/**
 * Expected errors are shown as their message. Any other error is a bug of ours and shows its stack.
 */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    error instanceof CommandError ||
    ['RegistryError', 'ProfileError', 'PerigeeError'].includes(error.name) ||
    'syscall' in error ||
    error.cause !== undefined;
  return isExpected ? error.message : (error.stack ?? error.message);
}

function ownVersion(): string {
  const url = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}
