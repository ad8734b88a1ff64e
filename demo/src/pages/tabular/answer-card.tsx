import { ScoreBars } from '../../parts/score-bars.tsx';
import type { DataSet } from './data/data-set.ts';
import type { Answer, Explorer } from './use-explorer.ts';
import { outsideText } from './words.ts';

interface Props {
  readonly dataSet: DataSet;
  readonly explorer: Explorer;
}

/** The model's answer, and whether it is to be trusted. */
export function AnswerCard({ dataSet, explorer: { answer, failure, isStreaming } }: Props) {
  const isOutside = answer !== undefined && answer.outside.length > 0;
  const isUnsure = isOutside || failure !== undefined;
  const live = isStreaming ? 'off' : 'polite';
  return (
    <section
      className={`card answer-card ${isUnsure ? 'unsure' : ''}`}
      aria-label="Answer"
      data-testid="answer-card"
    >
      <div className="answer-line">
        <output
          className={`answer word ${isUnsure ? 'muted' : ''}`}
          data-testid="answer"
          aria-live={live}
        >
          {answer?.label ?? (failure === undefined ? '…' : 'No answer')}
        </output>
        <span className={`badge ${badgeOf(answer)}`} data-testid="trained-on">
          {trainedOn(answer, failure)}
        </span>
      </div>
      <ScoreBars
        labels={dataSet.kinds}
        scores={answer?.scores}
        best={isOutside ? undefined : answer?.label}
        isLive
      />
      <p className="small muted trained-on" role="status" aria-live={live}>
        {failure ?? (answer && outsideText(dataSet, answer.outside))}
        {isOutside && ' Take the answer for a guess.'}
      </p>
    </section>
  );
}

function trainedOn(answer: Answer | undefined, failure: string | undefined): string {
  if (failure !== undefined) return 'Too far from what it was trained on';
  if (!answer) return 'Loading';
  return answer.outside.length > 0
    ? 'Outside what it was trained on'
    : 'Within what it was trained on';
}

function badgeOf(answer: Answer | undefined): string {
  if (!answer) return '';
  return answer.outside.length > 0 ? 'warn' : 'good';
}
