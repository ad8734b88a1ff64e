import type { SideResult } from './conform.mjs';

export interface PoolOptions {
  readonly script: string;
  readonly args: readonly string[];
  readonly size: number;
  readonly timeoutMs: number;
  readonly onDone?: (id: number, result: SideResult) => void;
  readonly isPoisoned?: (result: SideResult) => boolean;
}

export function pool<Item>(items: readonly Item[], options: PoolOptions): Promise<SideResult[]>;
