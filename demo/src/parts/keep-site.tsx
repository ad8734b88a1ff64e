import { bytes } from '../format.ts';
import { applyUpdate, keepSite, useOfflineApp } from '../offline-app.ts';

/** Asks whether the site is to be kept for offline use, and shows how far that is. */
export function KeepSite() {
  const { size, progress, fault } = useOfflineApp();
  if (fault !== undefined)
    return (
      <p className="small muted" role="status">
        {size && size.kept !== 'nothing'
          ? 'The new version of the site is not kept for offline use yet.'
          : 'The site is not kept for offline use.'}{' '}
        {fault}
      </p>
    );
  if (progress !== undefined)
    return (
      <p className="row small">
        <progress value={progress} aria-label="Keeping this site" /> {Math.round(progress * 100)} %
      </p>
    );
  if (!size || size.kept !== 'nothing') return null;
  return (
    <div className="row">
      <button type="button" className="button" onClick={() => void keepSite()}>
        Keep this site for offline use:{' '}
        <span style={{ whiteSpace: 'nowrap' }}>{bytes(size.bytes)}</span>
      </button>
      {size.saveData && <span className="small muted">Your browser saves data.</span>}
    </div>
  );
}

/** Offers a new version of the site. */
export function NewVersion() {
  const { update } = useOfflineApp();
  if (update === 'none') return null;
  return (
    <button type="button" className="button" onClick={applyUpdate}>
      New version: reload
    </button>
  );
}
