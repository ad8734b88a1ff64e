import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { navigate } from 'wouter/use-browser-location';
import type { MouseEvent } from 'react';
import { useTitle } from '../../../../ui/use-title.ts';
import { Empty, Skeleton } from '../parts/states.tsx';

/** Each page is HTML that the build made of Markdown, in a file of its own. */
const PAGES = import.meta.glob<string>('../../../../docs/runbooks/*.md', {
  query: '?html',
  import: 'default',
});

/** One page of docs/runbooks, as it was when the collector was built. It works without network. */
export function RunbookPage({ name }: { readonly name: string }) {
  const load = PAGES[`../../../../docs/runbooks/${name}.md`];
  const [html, setHtml] = useState<string>();
  const [failed, setFailed] = useState(false);
  useTitle(name === 'index' ? 'Runbooks' : `Runbook: ${name}`);
  useEffect(() => {
    load?.().then(setHtml, () => setFailed(true));
  }, [load]);
  if (!load || failed)
    return (
      <Empty title={load ? 'The page cannot be loaded' : 'There is no such runbook'}>
        <Link href="/runbooks">All runbooks</Link>
      </Empty>
    );
  return (
    <div className="stack">
      {name !== 'index' && (
        <Link href="/runbooks" className="small">
          ← All runbooks
        </Link>
      )}
      {html === undefined ? (
        <Skeleton height={600} />
      ) : (
        // The HTML is made of files of this repository at build time.
        <article
          className="card runbook"
          onClick={followInside}
          dangerouslySetInnerHTML={{ __html: html }}
        />
      )}
    </div>
  );
}

/** Follows links between runbooks without loading the dashboard again. */
function followInside(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  const path = link?.getAttribute('href');
  if (!path?.startsWith('/') || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  navigate(path);
}
