import { createPerigee, loadModel, PerigeeError } from 'perigee';
import type { Finding } from 'perigee';

/** A model by URL, as bytes, or by name in a registry, and how to load it. */
export interface Job {
  readonly source: string | Uint8Array<ArrayBuffer>;
  readonly backend?: 'cpu' | 'wasm';
  readonly registry?: string;
  readonly wasmUrl?: string;
  /** Answers with the findings of `doctor()`, and loads nothing. */
  readonly doctor?: true;
}

export type JobAnswer =
  | { readonly logits: readonly number[]; readonly engine: string; readonly inPlace: boolean }
  | { readonly findings: readonly Finding[] }
  | { readonly code: string; readonly message: string };

const FEATURES = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));

/** Loads the model `wdbc` in this thread and runs it on made-up features. */
export async function answerTo(job: Job): Promise<JobAnswer> {
  try {
    return job.doctor ? await diagnose(job) : await run(job);
  } catch (error) {
    const { code, message } = error as PerigeeError;
    return { code: error instanceof PerigeeError ? code : 'not a PerigeeError', message };
  }
}

async function diagnose({ wasmUrl }: Job): Promise<JobAnswer> {
  const perigee = createPerigee({ store: 'memory', ...(wasmUrl && { wasmUrl }) });
  const findings = await perigee.doctor();
  await perigee.dispose();
  return { findings };
}

async function run({ source, registry, ...options }: Job): Promise<JobAnswer> {
  const { wasmUrl, ...byName } = options;
  const perigee =
    registry === undefined ? null : createPerigee({ registry, ...(wasmUrl && { wasmUrl }) });
  const model = await (perigee ? perigee.load(String(source), byName) : loadModel(source, options));
  const { logits } = await model.run({
    features: { dtype: 'float32', shape: [1, 30], data: FEATURES },
  });
  const { engine, inPlace } = model;
  await model.dispose();
  await perigee?.dispose();
  return { logits: Array.from(logits!.data as Float32Array), engine, inPlace };
}

/** Answers jobs that come as messages with a port. */
export function answerJobs(scope: EventTarget): void {
  scope.addEventListener('message', (event) => {
    const { data, ports } = event as MessageEvent<Job>;
    if (ports[0]) void answerTo(data).then((answer) => ports[0]?.postMessage(answer));
  });
}
