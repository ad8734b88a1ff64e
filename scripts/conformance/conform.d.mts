export interface SideResult {
  readonly status:
    | 'passed'
    | 'wrong'
    | 'refused'
    | 'declined'
    | 'unreadable'
    | 'crashed'
    | 'timed out';
  readonly reason?: string;
  readonly code?: string;
}

export interface CaseResult {
  readonly name: string;
  readonly skipped?: string;
  readonly raw?: SideResult;
  readonly sdk?: SideResult;
}

export interface ConformOptions {
  readonly data: string;
  readonly filter?: string;
  readonly backend?: 'native' | 'wasm' | 'cpu' | 'webgpu';
  readonly size?: number;
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: {
    readonly side: 'raw' | 'sdk';
    readonly done: number;
    readonly total: number;
  }) => void;
}

export function conform(options: ConformOptions): Promise<CaseResult[]>;
export function sortOut(
  results: readonly CaseResult[],
): Readonly<Record<'both' | 'loss' | 'gain' | 'neither' | 'declined' | 'skipped', CaseResult[]>>;
