import type { Command } from 'commander';

/** Output of a command. It is injected, so that tests need no process. */
export interface Io {
  out(text: string): void;
  /** Progress and errors, separate from results. */
  err(text: string): void;
}

/** Registers one command with its arguments. The command calls a function and prints the result. */
export type RegisterCommand = (program: Command, io: Io) => void;

/** An error of the caller that one sentence explains; exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
