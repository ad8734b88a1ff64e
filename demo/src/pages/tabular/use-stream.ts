import { useEffect, useMemo, useState } from 'react';
import { latest } from '../../latest.ts';
import { FIRST_ROW, ROWS, shift } from './rows.ts';
import type { Row, Wdbc, WdbcPrediction } from './rows.ts';

const STREAM_MS = 50;

export interface Stream {
  /** The measurements that are shown and classified. */
  readonly values: Row['values'];
  readonly prediction: WdbcPrediction | undefined;
  readonly isStreaming: boolean;
  readonly isShifted: boolean;
  /** Number of rows streamed since the page was opened. */
  readonly streamed: number;
  setValues(values: Row['values']): void;
  setStreaming(streaming: boolean): void;
  setShifted(shifted: boolean): void;
}

/**
 * Classifies the values that the visitor sets, or a stream of rows. Only rows of the data are
 * counted: the values that a slider passes are nobody's measurements, so `preview` answers them.
 */
export function useStream(counted: Wdbc | undefined, preview: Wdbc | undefined): Stream {
  const [values, setValues] = useState(FIRST_ROW.values);
  const [prediction, setPrediction] = useState<WdbcPrediction>();
  const [isStreaming, setStreaming] = useState(false);
  const [isShifted, setShifted] = useState(false);
  const [streamed, setStreamed] = useState(0);

  const model = isStreaming ? counted : preview;
  const predict = useMemo(
    () =>
      latest(async (input: Row['values']) => {
        if (model) setPrediction(await model.predict(input));
      }),
    [model],
  );
  useEffect(() => {
    if (!isStreaming) predict(values);
  }, [isStreaming, predict, values]);

  useEffect(() => {
    if (!isStreaming || !counted) return undefined;
    const timer = setInterval(() => {
      const row = ROWS[Math.floor(Math.random() * ROWS.length)];
      if (!row) return;
      const next = isShifted ? shift(row.values) : row.values;
      setValues(next);
      predict(next);
      setStreamed((count) => count + 1);
    }, STREAM_MS);
    return () => clearInterval(timer);
  }, [isStreaming, isShifted, counted, predict]);

  return {
    values,
    prediction,
    isStreaming,
    isShifted,
    streamed,
    setValues,
    setStreaming,
    setShifted,
  };
}
