import { useEffect, useMemo, useState } from 'react';
import type { Classification, Model, Prediction } from 'perigee';
import { messageOf } from '../../format.ts';
import { latest } from '../../latest.ts';
import { contributionsOf, rowsToAsk } from './data/contributions.ts';
import type { Contribution } from './data/contributions.ts';
import { shifted } from './data/data-set.ts';
import type { DataSet, Values } from './data/data-set.ts';

const STREAM_MS = 50;

/** The model's answer to one row, and the reasons for it. */
export interface Answer {
  readonly label: string;
  /** Scores in the order of the data set's kinds. */
  readonly scores: readonly number[];
  readonly contributions: readonly Contribution[];
  readonly outside: Prediction['outside'];
  readonly timing: Prediction['timing'];
}

export interface Explorer {
  /** The measurements that are shown and classified. */
  readonly values: Values;
  readonly answer: Answer | undefined;
  /** Why the model had no answer to the present values. */
  readonly failure: string | undefined;
  readonly isStreaming: boolean;
  readonly isShifted: boolean;
  /** Number of rows streamed since the page was opened. */
  readonly streamed: number;
  setValues(values: Values): void;
  setStreaming(streaming: boolean): void;
  setShifted(shifted: boolean): void;
}

/**
 * Classifies the values that the visitor sets, or a stream of rows. Only rows of the data are
 * counted: the values that a slider passes are nobody's measurements, so `preview` answers them, and
 * the rows that explain an answer.
 */
export function useExplorer(
  dataSet: DataSet,
  counted: Model | undefined,
  preview: Model | undefined,
): Explorer {
  const [values, setValues] = useState<Values>(() => dataSet.samples[0]?.values ?? {});
  const [answer, setAnswer] = useState<Answer>();
  const [failure, setFailure] = useState<string>();
  const [isStreaming, setStreaming] = useState(false);
  const [isShifted, setShifted] = useState(false);
  const [streamed, setStreamed] = useState(0);

  const model = isStreaming ? counted : preview;
  const ask = useMemo(
    () =>
      latest(async (row: Values) => {
        if (!model || !preview) return;
        try {
          setAnswer(await explain(dataSet, row, model, preview));
          setFailure(undefined);
        } catch (error) {
          setAnswer(undefined);
          setFailure(messageOf(error));
        }
      }),
    [dataSet, model, preview],
  );
  useEffect(() => {
    if (!isStreaming) ask(values);
  }, [isStreaming, ask, values]);

  useEffect(() => {
    if (!isStreaming || !counted) return undefined;
    const timer = setInterval(() => {
      const row = dataSet.rows[Math.floor(Math.random() * dataSet.rows.length)];
      if (!row) return;
      const next = isShifted ? shifted(dataSet, row.values) : row.values;
      setValues(next);
      ask(next);
      setStreamed((count) => count + 1);
    }, STREAM_MS);
    return () => clearInterval(timer);
  }, [isStreaming, isShifted, counted, dataSet, ask]);

  return {
    values,
    answer,
    failure,
    isStreaming,
    isShifted,
    streamed,
    setValues,
    setStreaming,
    setShifted,
  };
}

/** Asks for the answer, and for the answers to rows with one value less. */
async function explain(
  dataSet: DataSet,
  row: Values,
  model: Model,
  preview: Model,
): Promise<Answer> {
  const [prediction, without] = await Promise.all([
    model.predict(row),
    preview.predictMany(rowsToAsk(dataSet, row)),
  ]);
  const { label, score } = classified(prediction);
  return {
    label,
    scores: dataSet.kinds.map((kind) => scoreOf(prediction, kind)),
    contributions: contributionsOf(
      dataSet,
      score,
      without.map((each) => scoreOf(each, label)),
    ),
    outside: prediction.outside,
    timing: prediction.timing,
  };
}

function scoreOf(prediction: Prediction, label: string): number {
  return classified(prediction).top.find((each) => each.label === label)?.score ?? 0;
}

function classified({ output }: Prediction): Classification {
  if (!('top' in output)) throw new Error('The model answered with a tensor, not with labels.');
  return output;
}
