import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import type { Perigee } from 'perigee';
import { expect, test } from 'vitest';
import { PerigeeProvider, useModel } from '@perigee/react';
import { createOfflineSwitch, PerigeeDevtools } from '@perigee/react/devtools';
import type { OfflineSwitch } from '@perigee/react/devtools';
import { client } from '../../../bindings/test/client.ts';

function Model() {
  return <p>{useModel('wdbc').status}</p>;
}

/** Renders an app with a loaded model, and opens the devtools. */
async function open(perigee: Perigee, offline?: OfflineSwitch) {
  render(
    <PerigeeProvider perigee={perigee}>
      <Model />
      <PerigeeDevtools offline={offline} />
    </PerigeeProvider>,
  );
  await screen.findByText('success');
  fireEvent.click(screen.getByRole('button', { name: 'Open Perigee devtools' }));
  return within(await screen.findByRole('region', { name: 'Perigee devtools' }));
}

test('the devtools are loaded when they are opened, and Escape closes them', async () => {
  const panel = await open(client());
  expect(document.activeElement).toBe(screen.getByRole('region', { name: 'Perigee devtools' }));
  fireEvent.keyDown(panel.getByRole('tablist'), { key: 'Escape' });
  expect(screen.queryByRole('region', { name: 'Perigee devtools' })).toBeNull();
  const button = screen.getByRole('button', { name: 'Open Perigee devtools' });
  expect(document.activeElement).toBe(button);
  expect(button.getAttribute('aria-expanded')).toBe('false');
});

test('the models tab shows trials and versions, updates and rolls back', async () => {
  const perigee = client();
  await perigee.pin('wdbc', '1.0.0');
  await (await perigee.load('wdbc', { update: 'local' })).dispose();
  await perigee.pin('wdbc', null);
  const panel = await open(perigee);
  expect(await panel.findByRole('region', { name: 'Trials of wdbc' })).toHaveProperty(
    'isConnected',
    true,
  );
  const stored = await panel.findByRole('region', { name: 'Versions on this device' });
  expect(within(stored).getByText('1.0.0')).toHaveProperty('isConnected', true);
  fireEvent.click(panel.getByRole('button', { name: 'Check for update' }));
  expect(await panel.findByText(/^Check wdbc: 1\.1\.0 is available/)).toHaveProperty(
    'isConnected',
    true,
  );
  fireEvent.click(panel.getByRole('button', { name: /^Force update|^Update to/ }));
  expect(await panel.findByText('Update wdbc: 1.1.0.')).toHaveProperty('isConnected', true);
  fireEvent.click(panel.getByRole('button', { name: 'Roll back' }));
  expect(await panel.findByText('Roll back wdbc: 1.0.0.')).toHaveProperty('isConnected', true);
  expect(await panel.findByText('rolled back')).toHaveProperty('isConnected', true);
});

test('the tabs show storage, telemetry and the audit log, by arrow keys too', async () => {
  const perigee = client();
  const panel = await open(perigee);
  const next = () => fireEvent.keyDown(panel.getByRole('tablist'), { key: 'ArrowRight' });
  next();
  expect(panel.getByRole('tab', { selected: true }).textContent).toBe('Storage');
  expect(await panel.findByText(/ in memory/)).toHaveProperty('isConnected', true);
  fireEvent.click(panel.getByRole('button', { name: 'Verify' }));
  expect(await panel.findByText('Verify: nothing is damaged.')).toHaveProperty('isConnected', true);
  next();
  expect(await panel.findByText('queued')).toHaveProperty('isConnected', true);
  fireEvent.click(panel.getByRole('button', { name: 'Send now' }));
  expect(await panel.findByText('Send: done.')).toHaveProperty('isConnected', true);
  expect(panel.getByRole('region', { name: 'The next payload' })).toHaveProperty(
    'isConnected',
    true,
  );
  next();
  expect(await panel.findByText(/The chain of digests is intact/)).toHaveProperty(
    'isConnected',
    true,
  );
  expect(panel.getByText('activate')).toHaveProperty('isConnected', true);
  next();
  expect(panel.getByRole('tab', { selected: true }).textContent).toBe('Models');
});

test('a failure of a button is shown', async () => {
  const panel = await open(client());
  fireEvent.click(panel.getByRole('button', { name: 'Roll back' }));
  expect(await panel.findByText(/^Roll back wdbc failed\. ./)).toHaveProperty('isConnected', true);
});

test('the offline switch cuts the registry off', async () => {
  const offline = createOfflineSwitch();
  const panel = await open(client(), offline);
  const box = panel.getByRole('checkbox', { name: 'Offline' });
  expect(offline?.isOffline()).toBe(false);
  act(() => box.click());
  expect(offline?.isOffline()).toBe(true);
  await expect(offline?.fetch('data:,x')).rejects.toThrow(TypeError);
  act(() => box.click());
  await waitFor(async () => expect(await (await offline?.fetch('data:,x'))?.text()).toBe('x'));
});
