import '../../styles/draw.css';
import '../../styles/tabular.css';
import { lazy, Suspense } from 'react';
import type { ComponentType } from 'react';
import { Link, useSearch } from 'wouter';
import { ExplorerPage } from './explorer-page.tsx';
import type { DataSet } from './data/data-set.ts';

/** The data sets of the page. The rows of each are loaded when it is shown. */
const DATA_SETS = [
  { name: 'wine', label: 'Wine', View: view(async () => (await import('./data/wine.ts')).WINE) },
  {
    name: 'wdbc',
    label: 'Cell nuclei',
    View: view(async () => (await import('./data/wdbc.ts')).WDBC),
  },
] as const;

/** Classifies a row of measurements. `#/tabular?data=wdbc` is the address of the second data set. */
export default function TabularPage() {
  const asked = new URLSearchParams(useSearch()).get('data');
  const { name, View } = DATA_SETS.find((dataSet) => dataSet.name === asked) ?? DATA_SETS[0];
  return (
    <div className="stack">
      <nav className="data-sets" aria-label="Data set">
        <span className="small muted" aria-hidden="true">
          Data set
        </span>
        {DATA_SETS.map((each) => (
          <Link
            key={each.name}
            href={`/tabular?data=${each.name}`}
            aria-current={each.name === name ? 'page' : undefined}
          >
            {each.label}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<div className="skeleton page-waiting" />}>
        <View key={name} />
      </Suspense>
    </div>
  );
}

function view(load: () => Promise<DataSet>): ComponentType {
  return lazy(async () => {
    const dataSet = await load();
    return { default: () => <ExplorerPage dataSet={dataSet} /> };
  });
}
