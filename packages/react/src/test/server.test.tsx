// @vitest-environment node
import { Suspense } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import {
  PerigeeProvider,
  useModel,
  usePredict,
  usePredictStream,
  useStorage,
  useSuspenseModel,
  useTelemetry,
} from '@perigee/react';
import { PerigeeDevtools } from '@perigee/react/devtools';
import { client, ROW } from '../../../bindings/test/client.ts';

function Hooks() {
  const { data, status, progress } = useModel('wdbc');
  const prediction = usePredict(data, ROW);
  const stream = usePredictStream(data, null);
  const states = [prediction, stream, useStorage(), useTelemetry()].map((one) => one.status);
  return <p>{[status, progress, ...states].join(' ')}</p>;
}

function Waiting() {
  return <p>{useSuspenseModel('wdbc').data.name}</p>;
}

test('on a server nothing is loaded, and the first state is rendered', () => {
  expect(typeof document).toBe('undefined');
  const perigee = client();
  const html = renderToString(
    <PerigeeProvider perigee={perigee}>
      <Hooks />
      <Suspense fallback={<p>wait</p>}>
        <Waiting />
      </Suspense>
      <PerigeeDevtools />
    </PerigeeProvider>,
  );
  expect(html).toContain('<p>pending 0 pending pending pending pending</p>');
  expect(html).toContain('<p>wait</p>');
  expect(html).toContain('Open Perigee devtools');
  expect(perigee.loads).toBe(0);
});
