import { useEffect, useState } from 'react';
import { dateTime, many } from '../../format.ts';
import { sharedAccess } from '../share/access.ts';
import { ASK_AGAIN, useFreshness } from './use-freshness.ts';
import type { Freshness } from './use-freshness.ts';

/** Smaller differences of the clocks are the time that an answer takes. */
const NOTABLE_SKEW_MS = 2_000;

/** Whether uploads arrive and the collector answers; below every page. */
export function FreshnessLine() {
  const freshness = useFreshness();
  const now = useNow();
  return (
    <footer className="freshness small muted">
      {freshness.failure === undefined ? (
        <Well freshness={freshness} now={now} />
      ) : (
        <Away freshness={freshness} now={now} />
      )}
    </footer>
  );
}

interface Props {
  readonly freshness: Freshness;
  readonly now: number;
}

function Well({ freshness: { answer, answeredMs, skewMs }, now }: Props) {
  if (answeredMs === undefined) return <p>Asking the collector …</p>;
  if (!answer) return <p>{sharedAccess() ? 'The collector answers.' : ' '}</p>;
  const { lastUploadAt, newestHour, waitingUploads, waitingMessages } = answer;
  return (
    <p>
      <span>{uploadText(lastUploadAt, newestHour, now - skewMs)}</span>
      <span>
        {waitingUploads === 0
          ? 'no upload waits'
          : `${many(waitingUploads, 'upload')} to be stored`}
      </span>
      {waitingMessages > 0 && <span>{many(waitingMessages, 'message')} to be sent</span>}
      <span className={isSkewed(skewMs) ? 'warn' : undefined}>{skewText(skewMs)}</span>
    </p>
  );
}

function uploadText(lastUploadAt: string | null, newestHour: string | null, now: number): string {
  if (lastUploadAt !== null) return `Last upload ${since(now - Date.parse(lastUploadAt))} ago`;
  if (newestHour === null) return 'No upload yet';
  return `No upload since the collector started; newest counts ${dateTime(newestHour)}`;
}

const isSkewed = (skewMs: number): boolean => Math.abs(skewMs) >= NOTABLE_SKEW_MS;

function skewText(skewMs: number): string {
  if (!isSkewed(skewMs)) return 'clocks agree';
  const side = skewMs > 0 ? 'ahead of' : 'behind';
  return `the clock of this browser is ${since(Math.abs(skewMs))} ${side} the collector’s`;
}

/** A share of a minute in seconds, then minutes, then hours. */
function since(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

function Away({ freshness: { failure, answeredMs, nextTryMs }, now }: Props) {
  const seconds = Math.max(0, Math.ceil(((nextTryMs ?? now) - now) / 1_000));
  return (
    <div className="away">
      <p role="alert">
        <span>
          <b>
            {failure === 'unreachable'
              ? 'The collector does not answer'
              : 'The collector cannot answer'}
          </b>
          {answeredMs === undefined
            ? '.'
            : `. Its last answer was at ${new Date(answeredMs).toLocaleTimeString('en-GB')}.`}
        </span>
      </p>
      <p>
        {answeredMs !== undefined && <span>{since(now - answeredMs)} without an answer</span>}
        <span>next try {seconds === 0 ? 'now' : `in ${seconds} s`}</span>
        <button
          type="button"
          className="button"
          onClick={() => dispatchEvent(new Event(ASK_AGAIN))}
        >
          Try now
        </button>
      </p>
      <details>
        <summary>What to check</summary>
        <ul>
          <li>
            Does <a href="/v1/live">{`${location.origin}/v1/live`}</a> answer? If not, look whether
            the process <code>perigee collector</code> runs, and at the end of its log.
          </li>
          <li>
            Does <a href="/v1/health">{`${location.origin}/v1/health`}</a> say 503? Then the store
            takes nothing: the log says why, for example a full disk.
          </li>
          <li>Is this browser in the network or VPN from which the collector can be reached?</li>
          <li>Does the proxy before the collector run, and is its certificate valid?</li>
          <li>Devices keep their counts meanwhile and send them later.</li>
        </ul>
      </details>
    </div>
  );
}

/** The time, each second. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
