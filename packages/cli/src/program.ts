import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CommandError } from './command.ts';
import type { Io } from './command.ts';
import { registerCollector } from './commands/collector.ts';
import { registerEval } from './commands/eval.ts';
import { registerExport } from './commands/export.ts';
import { registerCard, registerDiff, registerSbom } from './commands/govern.ts';
import { registerGuard } from './commands/guard.ts';
import { registerInit, registerKeygen } from './commands/init.ts';
import { registerInspect } from './commands/inspect.ts';
import { registerTuf } from './commands/tuf.ts';
import { registerVerifyRegistry } from './commands/verify-registry.ts';
import { registerResign, registerRotate } from './commands/keep.ts';
import { registerLog, registerSimulate } from './commands/look.ts';
import { registerPack } from './commands/pack.ts';
import { registerPromote } from './commands/promote.ts';
import { registerPublish } from './commands/publish.ts';
import { registerRecover } from './commands/recover.ts';
import {
  registerExperiment,
  registerRevoke,
  registerRollback,
  registerRollout,
} from './commands/rollout.ts';

/** Runs one command line. Resolves to the exit code: 0 success, 1 failure, 2 wrong arguments. */
export async function runProgram(args: readonly string[], io: Io): Promise<0 | 1 | 2> {
  const program = new Command('perigee')
    .description('Pack, publish and inspect models; run the collector.')
    .version(ownVersion())
    // Otherwise `pack --version 1.2.0` would print the version of the program.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    })
    .showHelpAfterError('(perigee --help shows what there is)')
    .addHelpText(
      'after',
      `
From a model to a page:
  perigee pack model.onnx --name digits --version 1.2.0
  perigee init --to ./registry
  perigee publish digits@1.2.0 --to ./registry
  perigee rollout digits@1.3.0 --percent 5 --to ./registry
  perigee inspect digits --registry ./registry
  perigee collector --registry ./registry
  perigee guard --to ./registry --collector http://127.0.0.1:4700`,
    );
  for (const register of [
    registerInit,
    registerPack,
    registerEval,
    registerPublish,
    registerPromote,
    registerRollout,
    registerRollback,
    registerRevoke,
    registerExperiment,
    registerResign,
    registerRecover,
    registerKeygen,
    registerRotate,
    registerLog,
    registerSimulate,
    registerVerifyRegistry,
    registerDiff,
    registerCard,
    registerSbom,
    registerTuf,
    registerInspect,
    registerCollector,
    registerGuard,
    registerExport,
  ])
    register(program, io);
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError(`(perigee ${command.name()} --help shows examples)`);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.err(`✗ ${describe(error)}`);
    return 1;
  }
}

/**
 * Expected errors are shown as their message. Any other error is a bug of ours and shows its stack.
 */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const told =
    error instanceof CommandError ||
    ['RegistryError', 'ProfileError', 'PerigeeError'].includes(error.name) ||
    'syscall' in error ||
    error.cause !== undefined;
  return told ? error.message : (error.stack ?? error.message);
}

function ownVersion(): string {
  return (
    JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    }
  ).version;
}
