import { ScoreBars } from '../../parts/score-bars.tsx';
import type { DataSet } from './data/data-set.ts';
import type { Explorer } from './use-explorer.ts';
import { outsideText } from './words.ts';

interface Props {
  readonly dataSet: DataSet;
  readonly explorer: Explorer;
}

/** The model's answer, and whether it is to be trusted. */
export function AnswerCard({ dataSet, explorer: { answer, failure, isStreaming } }: Props) {
  const isOutside = answer !== undefined && answer.outside.length > 0;
  return (
    <section
      className={`card answer-card ${isOutside ? 'unsure' : ''}`}
      aria-label="Answer"
      data-testid="answer-card"
    >
      <div className="answer-line">
        <output
          className={`answer word ${isOutside ? 'muted' : ''}`}
          data-testid="answer"
          aria-live={isStreaming ? 'off' : 'polite'}
        >
          {answer ? answer.label : '…'}
        </output>
        {answer && (
          <span className={`badge ${isOutside ? 'warn' : 'good'}`} data-testid="trained-on">
            {isOutside ? 'Outside what it was trained on' : 'Within what it was trained on'}
          </span>
        )}
      </div>
      <ScoreBars
        labels={dataSet.kinds}
        scores={answer?.scores}
        best={isOutside ? undefined : answer?.label}
        isLive
      />
      <p
        className="small muted trained-on"
        role="status"
        aria-live={isStreaming ? 'off' : 'polite'}
      >
        {failure ?? (answer && outsideText(dataSet, answer.outside))}
        {isOutside && ' Take the answer for a guess.'}
      </p>
    </section>
  );
}
