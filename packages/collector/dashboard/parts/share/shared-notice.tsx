import { dateTime } from '../../format.ts';
import { leaveShared } from './access.ts';
import type { SharedAccess } from './access.ts';

/** Says that the page is shared, and until when. */
export function SharedNotice({ access: { scope, expiresMs } }: { readonly access: SharedAccess }) {
  return (
    <p className="shared-notice small">
      <b>Shared for reading</b> {scope.model}
      {expiresMs > 0 && `, until ${dateTime(new Date(expiresMs).toISOString())}`}
      <button
        type="button"
        className="quiet"
        onClick={() => {
          leaveShared();
          location.assign('/');
        }}
      >
        Leave
      </button>
    </p>
  );
}
