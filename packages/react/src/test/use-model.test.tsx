import { act, render, screen, waitFor } from '@testing-library/react';
import { Component, StrictMode, Suspense, useState, useTransition } from 'react';
import type { ReactNode } from 'react';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bindingsOf } from '@perigee/bindings';
import { PerigeeProvider, useModel, useSuspenseModel } from '@perigee/react';
import type { ModelOptions, UseModelResult } from '@perigee/react';
import { client, MODEL_FILE } from '../../../bindings/test/client.ts';

interface Props {
  readonly source?: string | URL;
  readonly options?: ModelOptions;
  readonly see?: (result: UseModelResult) => void;
}

function Name({ source = 'wdbc', options, see }: Props) {
  const result = useModel(source, options);
  see?.(result);
  const { data, status, version } = result;
  return <p>{data ? `${data.name} ${version}` : status}</p>;
}

function Waiting({ source = 'wdbc', options }: Props) {
  return <p>{useSuspenseModel(source, options).data.name} is here</p>;
}

test('a model is pending, then there, with its progress on the way', async () => {
  const seen: UseModelResult[] = [];
  render(
    <PerigeeProvider perigee={client()}>
      <Name see={(result) => seen.push(result)} />
    </PerigeeProvider>,
  );
  await screen.findByText('wdbc 1.1.0');
  expect(seen[0]).toMatchObject({
    status: 'pending',
    isPending: true,
    progress: 0,
    data: undefined,
  });
  expect(seen.some(({ progress }) => progress > 0 && progress < 1)).toBe(true);
  const last = seen.at(-1);
  expect(last).toMatchObject({ status: 'success', isSuccess: true, error: null, progress: 1 });
  expect(last).toMatchObject({ isFetching: false, backend: 'cpu' });
});

test('StrictMode and two components share one load, and the last unmount disposes it', async () => {
  const perigee = client();
  const { rerender, unmount } = render(
    <StrictMode>
      <PerigeeProvider perigee={perigee}>
        <Name options={{ gcTime: 0 }} />
        <Name options={{ gcTime: 0 }} />
      </PerigeeProvider>
    </StrictMode>,
  );
  expect(await screen.findAllByText('wdbc 1.1.0')).toHaveLength(2);
  rerender(
    <StrictMode>
      <PerigeeProvider perigee={perigee}>
        <Name options={{ gcTime: 0 }} />
      </PerigeeProvider>
    </StrictMode>,
  );
  // Timers fire in order: this one after one that would dispose the model.
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(perigee.loads).toBe(1);
  expect(perigee.loaded).toMatchObject([{ isDisposed: false }]);
  unmount();
  await waitFor(() => expect(perigee.loaded).toMatchObject([{ isDisposed: true }]));
  await waitFor(async () => expect((await perigee.models())[0]?.loaded).toEqual([]));
});

test('a view that comes back within gcTime finds its model loaded', async () => {
  const perigee = client();
  const view = () => (
    <PerigeeProvider perigee={perigee}>
      <Name />
    </PerigeeProvider>
  );
  const first = render(view());
  await screen.findByText('wdbc 1.1.0');
  first.unmount();
  render(view());
  expect(screen.getByText('wdbc 1.1.0')).toHaveProperty('isConnected', true);
  expect(perigee.loads).toBe(1);
});

test('an unmount during a load aborts it', async () => {
  const perigee = client();
  const { unmount } = render(
    <PerigeeProvider perigee={perigee}>
      <Name options={{ gcTime: 0 }} />
    </PerigeeProvider>,
  );
  expect(perigee.loads).toBe(1);
  unmount();
  await waitFor(() => expect(perigee.aborted).toBe(1));
  expect(perigee.loaded).toEqual([]);
});

test('other options are another model', async () => {
  const perigee = client();
  render(
    <PerigeeProvider perigee={perigee}>
      <Name options={{ telemetry: false }} />
      <Name />
    </PerigeeProvider>,
  );
  await waitFor(() => expect(screen.getAllByText('wdbc 1.1.0')).toHaveLength(2));
  expect(perigee.loads).toBe(2);
});

test('a failure is an error, and refetch() loads again', async () => {
  const perigee = client();
  let result: UseModelResult | undefined;
  render(
    <PerigeeProvider perigee={perigee}>
      <Name source="nothing" see={(next) => (result = next)} />
    </PerigeeProvider>,
  );
  await screen.findByText('error');
  expect(result).toMatchObject({ isError: true, error: { code: 'MODEL_NOT_FOUND' } });
  await act(() => result?.refetch());
  expect(perigee.loads).toBe(2);
  expect(result).toMatchObject({ isError: true, isFetching: false });
});

test('a file is loaded by its URL', async () => {
  render(
    <PerigeeProvider perigee={client()}>
      <Name source={MODEL_FILE} />
    </PerigeeProvider>,
  );
  expect(await screen.findByText(/model\.onnx 0\.0\.0/)).toHaveProperty('isConnected', true);
});

test('a newer version is announced, and update() switches to it', async () => {
  const perigee = client();
  await perigee.pin('wdbc', '1.0.0');
  await (await perigee.load('wdbc', { update: 'local' })).dispose();
  await perigee.pin('wdbc', null);
  let result: UseModelResult | undefined;
  render(
    <PerigeeProvider perigee={perigee}>
      <Name see={(next) => (result = next)} />
    </PerigeeProvider>,
  );
  await screen.findByText('wdbc 1.0.0');
  await waitFor(() => expect(result?.updateAvailable).toBe('1.1.0'));
  const model = result?.data;
  await act(async () => void (await result?.update()));
  expect(screen.getByText('wdbc 1.1.0')).toHaveProperty('isConnected', true);
  expect(result).toMatchObject({ updateAvailable: undefined, isUpdating: false, progress: 1 });
  expect(result?.data).toBe(model);
  await act(async () => void (await model?.rollback('a test')));
  expect(screen.getByText('wdbc 1.0.0')).toHaveProperty('isConnected', true);
});

test('useSuspenseModel() waits in Suspense, and loads once', async () => {
  const perigee = client();
  const { unmount } = render(
    <StrictMode>
      <PerigeeProvider perigee={perigee}>
        <Suspense fallback="wait">
          <Waiting options={{ gcTime: 0 }} />
          <Waiting options={{ gcTime: 0 }} />
        </Suspense>
      </PerigeeProvider>
    </StrictMode>,
  );
  expect(screen.getByText('wait')).toHaveProperty('isConnected', true);
  expect(await screen.findAllByText('wdbc is here')).toHaveLength(2);
  expect(perigee.loads).toBe(1);
  unmount();
  await waitFor(() => expect(perigee.loaded).toMatchObject([{ isDisposed: true }]));
});

test('a view that was left while it waited leaves no model behind', async () => {
  const perigee = client();
  const { unmount } = render(
    <PerigeeProvider perigee={perigee}>
      <Suspense fallback="wait">
        <Waiting options={{ gcTime: 0 }} />
      </Suspense>
    </PerigeeProvider>,
  );
  unmount();
  await waitFor(() => expect(perigee.loaded).toMatchObject([{ isDisposed: true }]));
});

test('a transition shows the old model until the new one is there', async () => {
  const perigee = client();
  let go: (source: string) => void = () => undefined;
  function Chooser() {
    const [source, setSource] = useState('wdbc');
    const [isPending, start] = useTransition();
    go = (next) => start(() => setSource(next));
    return (
      <>
        <p>{isPending ? 'moving' : 'resting'}</p>
        <Waiting source={source} />
        <Name source={source} />
      </>
    );
  }
  render(
    <PerigeeProvider perigee={perigee}>
      <Suspense fallback="wait">
        <Chooser />
      </Suspense>
    </PerigeeProvider>,
  );
  await screen.findByText('resting');
  act(() => go('wdbc@1.0.0'));
  expect(screen.getByText('moving')).toHaveProperty('isConnected', true);
  expect(screen.getByText('wdbc 1.1.0')).toHaveProperty('isConnected', true);
  await screen.findByText('wdbc 1.0.0');
  expect(screen.getByText('resting')).toHaveProperty('isConnected', true);
});

/** React and jsdom print errors that views throw. */
function expectErrors(): void {
  const prevent = (event: Event): void => event.preventDefault();
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  addEventListener('error', prevent);
  onTestFinished(() => {
    quiet.mockRestore();
    removeEventListener('error', prevent);
  });
}

class Boundary extends Component<{ readonly children: ReactNode }> {
  override state: { readonly error?: Error } = {};
  static getDerivedStateFromError = (error: Error) => ({ error });
  override render() {
    const { error } = this.state;
    return error ? <p>failed: {error.message}</p> : this.props.children;
  }
}

test('a failure of useSuspenseModel() goes to the error boundary', async () => {
  expectErrors();
  render(
    <PerigeeProvider perigee={client()}>
      <Boundary>
        <Suspense fallback="wait">
          <Waiting source="nothing" />
        </Suspense>
      </Boundary>
    </PerigeeProvider>,
  );
  expect(await screen.findByText(/failed: .*nothing/)).toHaveProperty('isConnected', true);
});

test('an error boundary that is reset one second later loads again', async () => {
  expectErrors();
  const perigee = client();
  const view = (attempt: number) => (
    <PerigeeProvider perigee={perigee}>
      <Boundary key={attempt}>
        <Suspense fallback="wait">
          <Waiting source="nothing" />
        </Suspense>
      </Boundary>
    </PerigeeProvider>
  );
  const { rerender } = render(view(1));
  await screen.findByText(/failed: .*nothing/);
  expect(perigee.loads).toBe(1);
  // The failure is forgotten one second later.
  await expect.poll(() => bindingsOf(perigee).model('nothing').getSnapshot().isError).toBe(false);
  rerender(view(2));
  await waitFor(() => expect(perigee.loads).toBe(2));
  await screen.findByText(/failed: .*nothing/);
});

test('without a provider the error names it', () => {
  expectErrors();
  expect(() => render(<Name />)).toThrow('<PerigeeProvider');
});
