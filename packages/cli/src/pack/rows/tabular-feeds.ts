import type { ReferenceColumn } from '@perigee/profile';
import { PerigeeError } from 'perigee';
import type { Tensors } from 'perigee';
import { compilePipeline } from 'perigee/pipeline';
import type { PipelineSource } from 'perigee/pipeline';
import { CommandError } from '../../command.ts';
import { messageOf } from '../../message-of.ts';

/**
 * The feeds that a tabular pipeline makes of the first rows, for golden samples with real values.
 * Rows that the pipeline refuses for a missing value are left out. Empty if the pipeline is not
 * tabular.
 * @throws CommandError when the pipeline does not fit the model
 */
export async function tabularFeeds(
  columns: readonly ReferenceColumn[],
  source: PipelineSource,
  count: number,
): Promise<Tensors[]> {
  if (source.pipeline?.preprocess[0]?.op !== 'tabular') return [];
  const { preprocess } = compiled(source);
  const feeds: Tensors[] = [];
  for (let row = 0; row < (columns[0]?.values.length ?? 0) && feeds.length < count; row += 1) {
    const values = columns.map((column) => column.values[row] ?? null);
    try {
      feeds.push((await preprocess({ kind: 'list', values })).feeds);
    } catch (error) {
      if (values.includes(null) && error instanceof PerigeeError && error.code === 'INVALID_INPUT')
        continue;
      throw error;
    }
  }
  return feeds;
}

function compiled(source: PipelineSource): ReturnType<typeof compilePipeline> {
  try {
    return compilePipeline(source);
  } catch (cause) {
    throw new CommandError(`The pipeline does not fit the model: ${messageOf(cause)}`, { cause });
  }
}
