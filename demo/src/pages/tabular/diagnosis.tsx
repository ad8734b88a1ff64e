import type { UseModelResult } from '@perigee/react';
import { BackendBadge } from '../../parts/backend-badge.tsx';
import { Latency } from '../../parts/latency.tsx';
import { Loading } from '../../parts/loading.tsx';
import { ScoreBars } from '../../parts/score-bars.tsx';
import type { Stream } from './use-stream.ts';

const LABELS = ['malignant', 'benign'];

interface Props {
  readonly state: UseModelResult;
  readonly stream: Stream;
}

/** The model's answer to the current measurements. */
export function Diagnosis({ state, stream: { prediction, isStreaming } }: Props) {
  const answer = prediction?.output;
  const scores =
    answer &&
    LABELS.map((label) => answer.top.find((candidate) => candidate.label === label)?.score ?? 0);
  return (
    <section className="card stack" aria-label="Answer">
      <div className="row">
        <output
          className="answer word"
          data-testid="answer"
          aria-live={isStreaming ? 'off' : 'polite'}
        >
          {answer?.label ?? '…'}
        </output>
        <span className="spacer" />
        <BackendBadge model={state.data} />
      </div>
      <ScoreBars labels={LABELS} scores={scores} best={answer?.label} isLive={isStreaming} />
      <Latency timing={prediction?.timing} />
      <Loading state={state} name="wdbc" />
    </section>
  );
}
