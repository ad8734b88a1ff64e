import { useModel } from '@perigee/react';
import { COUNTED, PREVIEW } from '../../perigee.ts';
import { AnswerCard } from './answer-card.tsx';
import type { DataSet } from './data/data-set.ts';
import { Measurements } from './measurements.tsx';
import { StreamControls } from './stream-controls.tsx';
import { useExplorer } from './use-explorer.ts';
import { WhyCard } from './why-card.tsx';

/** One data set with its model: the answer, the reasons for it, and the sliders that change it. */
export function ExplorerPage({ dataSet }: { readonly dataSet: DataSet }) {
  const state = useModel(dataSet.name, COUNTED);
  const explorer = useExplorer(dataSet, state.data, useModel(dataSet.name, PREVIEW).data);
  return (
    <div className="stack">
      <div className="intro">
        <h1>{dataSet.title}</h1>
        <p className="muted">{dataSet.intro}</p>
        {dataSet.disclaimer && <p className="notice calm">{dataSet.disclaimer}</p>}
      </div>
      <div className="tabular">
        <div className="side">
          <AnswerCard dataSet={dataSet} explorer={explorer} />
          <WhyCard dataSet={dataSet} explorer={explorer} state={state} />
        </div>
        <div className="main-side">
          <Measurements dataSet={dataSet} explorer={explorer} />
          <StreamControls dataSet={dataSet} explorer={explorer} />
        </div>
      </div>
    </div>
  );
}
