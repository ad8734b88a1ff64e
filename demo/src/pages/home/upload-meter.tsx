import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { usePerigee, useTelemetry } from '@perigee/react';
import { collectorUrl } from '../../collector.ts';
import { bytes } from '../../format.ts';
import type { DrawingState } from '../draw/drawing.ts';
import { bytesOfImageIn } from './leak.ts';

interface Measured {
  /** Bytes of the drawing in what is sent. */
  readonly found: number;
  /** The counts that wait to be sent, as text. */
  readonly waiting: number;
}

/** Looks for the drawing in what this device sends. */
export function UploadMeter({ drawing }: { readonly drawing: DrawingState }) {
  const measured = useMeasured(drawing);
  const { data: status } = useTelemetry({ refetchInterval: 2_000 });
  return (
    <div className="upload-meter">
      <p>
        <b data-testid="bytes-left">{measured.found} bytes</b> of your drawing left this page.
      </p>
      <p className="small muted">
        {collectorUrl ? (
          <>
            Uploads of counts: {status?.sent ?? 0}; {bytes(measured.waiting)} more wait, and are
            searched for your pixels.{' '}
            <Link href="/model" className="in-text">
              See what is sent
            </Link>
          </>
        ) : (
          'No collector is set up for this site, so there is nothing to send.'
        )}
      </p>
    </div>
  );
}

function useMeasured({ explanation, isCounted }: DrawingState): Measured {
  const { telemetry } = usePerigee();
  const [measured, setMeasured] = useState<Measured>({ found: 0, waiting: 0 });
  const seen = explanation?.seen;
  useEffect(() => {
    if (!seen) return;
    let isCurrent = true;
    const measure = async (): Promise<void> => {
      const payload = await telemetry.preview();
      if (!isCurrent) return;
      const text = JSON.stringify(payload) ?? '';
      setMeasured({ found: bytesOfImageIn(payload, seen), waiting: text.length });
    };
    // Without telemetry there is no payload.
    measure().catch(() => undefined);
    return () => {
      isCurrent = false;
    };
  }, [telemetry, seen, isCounted]);
  return measured;
}
