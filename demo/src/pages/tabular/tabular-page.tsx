import '../../styles/draw.css';
import '../../styles/tabular.css';
import { useModel } from '@perigee/react';
import { COUNTED, PREVIEW } from '../../perigee.ts';
import { Diagnosis } from './diagnosis.tsx';
import { Measurements } from './measurements.tsx';
import { StreamControls } from './stream-controls.tsx';
import { useStream } from './use-stream.ts';

export default function TabularPage() {
  const state = useModel('wdbc', COUNTED);
  const stream = useStream(state.data, useModel('wdbc', PREVIEW).data);
  return (
    <div className="stack">
      <div className="intro">
        <h1>Classify 30 measurements</h1>
        <p className="muted">
          Measurements of cell nuclei from breast masses, a public data set of UCI.{' '}
          <strong>This is not a medical device.</strong>
        </p>
      </div>
      <div className="tabular">
        <div className="stack side">
          <Diagnosis state={state} stream={stream} />
          <StreamControls stream={stream} />
        </div>
        <Measurements values={stream.values} onChange={stream.setValues} />
      </div>
    </div>
  );
}
