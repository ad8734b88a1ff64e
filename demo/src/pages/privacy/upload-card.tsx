import { hexLines, predictionsIn } from '../../parts/practice/payload.ts';
import type { Practice } from '../../parts/practice/use-practice-device.ts';

const LINES = 8;

/** Makes the upload, and shows its bytes. */
export function Upload({ device }: { readonly device: Practice }) {
  const { last, count } = device.uploads;
  return (
    <section className="card stack" aria-label="Upload">
      <div className="row">
        <h2>The upload itself</h2>
        <span className="spacer" />
        <button
          type="button"
          className="button"
          onClick={device.send}
          disabled={predictionsIn(device.waiting) === 0}
        >
          Make the upload
        </button>
      </div>
      {last ? (
        <>
          <p role="status" data-testid="upload-bytes">
            Upload {count} had <b>{last.byteLength} bytes</b>. The page took it and threw it away.
          </p>
          <pre className="preview" tabIndex={0} role="region" aria-label="Bytes of the upload">
            {hexLines(last, LINES).join('\n')}
            {last.byteLength > LINES * 16 && '\n…'}
          </pre>
        </>
      ) : (
        <p className="muted">
          An app sends one every 15 minutes while it is in use, unless it asks for another interval.
        </p>
      )}
    </section>
  );
}
