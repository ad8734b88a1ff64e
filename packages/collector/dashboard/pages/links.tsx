import { useState } from 'react';
import { Link } from 'wouter';
import { useTitle } from '../../../../ui/use-title.ts';
import type { ShareLink, ShareLinksAnswer } from '../../src/api-sharing.ts';
import { useApi } from '../api.ts';
import { ago, dateTime } from '../format.ts';
import { storedName, storeName } from '../parts/operator-name.ts';
import { PersonName } from '../parts/person-name.tsx';
import { sharedHome } from '../parts/share/access.ts';
import { Answer, Empty } from '../parts/states.tsx';
import { postJson } from '../request.ts';

/** Share links with who made them. A link can be revoked. */
export function LinksPage() {
  const [asked, setAsked] = useState(0);
  const links = useApi<ShareLinksAnswer>(`/v1/share-links${asked === 0 ? '' : `?asked=${asked}`}`);
  useTitle('Share links');
  return (
    <div className="stack">
      <h1>Share links</h1>
      <Answer of={links} height={240}>
        {({ links }) => (
          <section className="card" aria-label="Share links">
            {links.length === 0 ? (
              <Empty title="No share links">
                The button Share on the page of a model or of an alert makes one.
              </Empty>
            ) : (
              <Table links={links} onChange={() => setAsked((before) => before + 1)} />
            )}
          </section>
        )}
      </Answer>
    </div>
  );
}

interface Props {
  readonly links: readonly ShareLink[];
  readonly onChange: () => void;
}

function Table({ links, onChange }: Props) {
  const [failure, setFailure] = useState('');
  const [name, setName] = useState(storedName);
  const revoke = async ({ id }: ShareLink): Promise<void> => {
    if (name.trim() === '') return setFailure('Enter your name first.');
    storeName(name);
    const result = await postJson(`/v1/share-links/${encodeURIComponent(id)}/revoke`, { name });
    setFailure('failure' in result ? result.failure : '');
    onChange();
  };
  return (
    <>
      {links.some(isOpen) && (
        <PersonName label="Your name, to revoke a link" value={name} onChange={setName} />
      )}
      {/* Explicit roles: the layout for narrow screens removes the table's implicit ones. */}
      <table className="folding" role="table">
        <caption className="visually-hidden">Share links, the newest first</caption>
        <thead role="rowgroup">
          <tr role="row">
            {['Opens', 'Made by', 'State', 'Action'].map((column) => (
              <th key={column} role="columnheader" scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {links.map((link) => (
            <tr key={link.id} role="row">
              <th role="rowheader" scope="row">
                <Link href={sharedHome(link.scope)}>{opensText(link)}</Link>
              </th>
              <td role="cell" data-label="Made by">
                {link.by}, {ago(link.at)}
              </td>
              <td role="cell" data-label="State">
                {stateText(link)}
              </td>
              <td role="cell" data-label="Action">
                {isOpen(link) ? (
                  <button type="button" className="button" onClick={() => void revoke(link)}>
                    Revoke
                    <span className="visually-hidden"> the link to {opensText(link)}</span>
                  </button>
                ) : (
                  '–'
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="small bad-text" role="status">
        {failure}
      </p>
    </>
  );
}

function opensText({ scope: { model, section, alert, filters } }: ShareLink): string {
  if (alert !== null) return `${model}, one alert`;
  const parts = [model, section ?? 'all pages', ...Object.values(filters)];
  return parts.filter((part) => part !== '').join(', ');
}

function isOpen({ revoked, expiresAt }: ShareLink): boolean {
  return revoked === null && Date.parse(expiresAt) > Date.now();
}

function stateText(link: ShareLink): string {
  const { revoked, expiresAt } = link;
  if (revoked !== null) return `revoked by ${revoked.by}, ${ago(revoked.at)}`;
  return isOpen(link) ? `open until ${dateTime(expiresAt)}` : `ended ${dateTime(expiresAt)}`;
}
