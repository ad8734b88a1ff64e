// @vitest-environment node
import { createSSRApp, h } from 'vue';
import { renderToString } from 'vue/server-renderer';
import { expect, test } from 'vitest';
import {
  PerigeePlugin,
  useModel,
  usePredict,
  usePredictStream,
  useStorage,
  useTelemetry,
} from '@perigee/vue';
import { client, ROW } from '../../../bindings/test/client.ts';

test('on a server nothing is loaded, and the first state is rendered', async () => {
  expect(typeof document).toBe('undefined');
  const perigee = client();
  const app = createSSRApp({
    setup() {
      const { data, status, progress } = useModel('wdbc');
      const others = [usePredict(data, ROW), usePredictStream(data, null), useStorage()];
      const states = [...others, useTelemetry()].map((one) => one.status.value);
      return () => h('p', [status.value, progress.value, ...states].join(' '));
    },
  });
  const html = await renderToString(app.use(PerigeePlugin, { perigee }));
  expect(html).toBe('<p>pending 0 pending pending pending pending</p>');
  expect(perigee.loads).toBe(0);
});
