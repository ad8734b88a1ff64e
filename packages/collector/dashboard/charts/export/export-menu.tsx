import { createContext, useContext, useState } from 'react';
import { dateTime } from '../../format.ts';
import { csvText } from './csv.ts';
import type { CsvTable } from './csv.ts';
import { fileName } from './file-name.ts';
import type { Subject } from './file-name.ts';
import { pictureText } from './picture.ts';
import type { Drawing } from './picture.ts';
import { pngOf, save } from './save.ts';

/** The model, version, filters and period of the charts below. Null: nothing can be exported. */
export const SubjectContext = createContext<Subject | null>(null);

interface Props {
  readonly caption: string;
  /** The exact numbers, with units in the header. */
  readonly csv: CsvTable;
  /** Draws the chart as SVG. Null while it is not on the page. */
  readonly draw: () => Drawing | null;
}

const KINDS = ['CSV', 'PNG', 'SVG'] as const;

/** Saves a chart as data or as a picture. Every chart has this menu, beside its table. */
export function ExportMenu({ caption, csv, draw }: Props) {
  const subject = useContext(SubjectContext);
  const [failure, setFailure] = useState('');
  if (subject === null) return null;

  const exportAs = async (kind: (typeof KINDS)[number]): Promise<void> => {
    const name = fileName(subject, caption, kind.toLowerCase());
    setFailure('');
    try {
      if (kind === 'CSV') {
        // The mark of the encoding, without which Excel reads another one.
        save(new Blob(['\uFEFF', csvText(csv)], { type: 'text/csv;charset=utf-8' }), name);
        return;
      }
      const drawing = draw();
      if (!drawing) return;
      const svg = pictureText(drawing, caption, aboutOf(subject));
      save(kind === 'SVG' ? new Blob([svg], { type: 'image/svg+xml' }) : await pngOf(svg), name);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };

  return (
    <details className="export">
      <summary>
        Export<span className="visually-hidden"> {caption}</span>
      </summary>
      <div className="row" role="group" aria-label={`Export ${caption}`}>
        {KINDS.map((kind) => (
          <button key={kind} type="button" className="button" onClick={() => void exportAs(kind)}>
            {kind}
          </button>
        ))}
        <span className="small bad-text" role="status">
          {failure}
        </span>
      </div>
    </details>
  );
}

function aboutOf({ model, version, filters = [], from, to = new Date().toISOString() }: Subject) {
  const of = [model, version ?? 'all versions', ...filters].join(', ');
  return `${of}, ${dateTime(from)} – ${dateTime(to)}`;
}
