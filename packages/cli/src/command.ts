import type { Command } from 'commander';

/** What a command may say and where: injected, so that tests need no process. */
export interface Io {
  out(text: string): void;
  /** Progress and faults, apart from results. */
  err(text: string): void;
}

/** One command: registers its arguments, parses, calls a function of its own, prints. */
export type RegisterCommand = (program: Command, io: Io) => void;

/** A fault of the caller's that is told in one sentence; exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
