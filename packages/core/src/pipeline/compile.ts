import { compileRecords, compileWith, hasNoSteps } from './compile-with.ts';
import type { CompiledPipeline, PipelineSource } from './compile-with.ts';
import { compileImage } from './image/compile-image.ts';

export type { CompiledPipeline, Observed, PipelineSource } from './compile-with.ts';

/**
 * Compiles the pipeline of a manifest to functions, and checks its parameters.
 * @throws PerigeeError INVALID_MANIFEST naming the step that does not fit
 * @example
 * const { preprocess, needs, postprocess } = compilePipeline(manifest);
 * const { feeds } = await preprocess({ kind: 'record', values: { age: 31, income: 42_000 } });
 * const { output } = postprocess(await session.run(feeds, needs));
 */
export function compilePipeline(manifest: PipelineSource): CompiledPipeline {
  const [first] = manifest.pipeline?.preprocess ?? [];
  if (!first) throw hasNoSteps(manifest);
  return first.op === 'tabular'
    ? compileRecords(manifest)
    : compileWith(manifest, compileImage(manifest));
}
