// @vitest-environment node
import { render } from 'svelte/server';
import { expect, test } from 'vitest';
import {
  useModel,
  usePredict,
  usePredictStream,
  useStorage,
  useTelemetry,
  usePerigee,
} from '@perigee/svelte';
import { client, ROW } from '../../../bindings/test/client.ts';
import View from './view.svelte';

test('on a server nothing is loaded, and the first state is rendered', () => {
  expect(typeof document).toBe('undefined');
  const perigee = client();
  const setup = () => {
    expect(usePerigee()).toBe(perigee);
    const model = useModel('wdbc');
    const answer = usePredict(
      () => model.data,
      () => ROW,
    );
    const stream = usePredictStream(
      () => model.data,
      () => null,
    );
    const states = [model, answer, stream, useStorage(), useTelemetry()];
    return () => [model.progress, ...states.map(({ status }) => status)].join(' ');
  };
  const { body } = render(View, { props: { perigee, setup } });
  expect(body).toContain('<p>0 pending pending pending pending pending</p>');
  expect(perigee.loads).toBe(0);
});
