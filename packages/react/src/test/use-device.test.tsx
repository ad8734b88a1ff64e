import { act, renderHook, waitFor } from '@testing-library/react';
import { StrictMode } from 'react';
import type { ReactNode } from 'react';
import { expect, test } from 'vitest';
import { PerigeeProvider, usePerigee, useStorage, useTelemetry } from '@perigee/react';
import { client } from '../../../bindings/test/client.ts';
import type { Client } from '../../../bindings/test/client.ts';

function within(perigee: Client) {
  return {
    wrapper: ({ children }: { readonly children?: ReactNode }) => (
      <StrictMode>
        <PerigeeProvider perigee={perigee}>{children}</PerigeeProvider>
      </StrictMode>
    ),
  };
}

test('useStorage() reports what is stored, follows it and removes it', async () => {
  const perigee = client();
  const { result } = renderHook(() => useStorage({ refetchInterval: 20 }), within(perigee));
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  expect(result.current.data?.models).toEqual([]);
  await perigee.load('wdbc');
  await waitFor(() => expect(result.current.data?.models).toHaveLength(1));
  await perigee.remove('wdbc');
  await waitFor(() => expect(result.current.data?.models).toEqual([]));
});

test('useTelemetry() reports the queue', async () => {
  const { result } = renderHook(() => useTelemetry(), within(client()));
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  expect(result.current.data).toEqual({ queued: 0, sent: 0, lost: 0 });
  await act(() => result.current.refetch());
  expect(result.current).toMatchObject({ isError: false, isFetching: false });
});

test('usePerigee() gives the Perigee of the provider', () => {
  const perigee = client();
  expect(renderHook(() => usePerigee(), within(perigee)).result.current).toBe(perigee);
});
