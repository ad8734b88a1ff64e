import type { Signature } from '@perigee/registry';
import { expect, test } from 'vitest';
import { bindToGpu } from './gpu-binding.ts';
import type { GpuDevice } from './gpu-binding.ts';
import type { OrtModule, OrtSession } from './ort-types.ts';

/** A fake device that counts its buffers. The end-to-end tests use a real one. */
function fakeDevice({
  features = [],
  fails = false,
}: { features?: string[]; fails?: boolean } = {}) {
  const living = new Set<string>();
  const device = {
    features: new Set(features),
    limits: { maxBufferSize: 1024, maxStorageBufferBindingSize: 512 },
    createBuffer({ label }: { label: string }) {
      living.add(label);
      return { destroy: () => living.delete(label) };
    },
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(fails ? { message: 'out of memory' } : null),
  };
  return { device: device as unknown as GpuDevice, living };
}

const ort = { Tensor: { fromGpuBuffer: () => ({}) } } as unknown as OrtModule;
const bind = (
  device: GpuDevice,
  inputs: Signature['inputs'],
  outputs: Signature['outputs'] = [{ name: 'y', dtype: 'float32', shape: [1] }],
) => bindToGpu(ort, {} as OrtSession, { inputs, outputs }, device);
const x = (dtype: string, shape: (number | string | null)[]): Signature['inputs'] =>
  [{ name: 'x', dtype, shape }] as Signature['inputs'];

test('disposing destroys every buffer', async () => {
  const { device, living } = fakeDevice();
  const binding = await bind(device, x('float32', [2, 3]));
  expect([...living]).toEqual(['perigee: x', 'perigee: y', 'perigee: read back']);
  binding?.destroy();
  expect(living.size).toBe(0);
});

test('if a device cannot make all buffers, none are left', async () => {
  const { device, living } = fakeDevice({ fails: true });
  expect(await bind(device, x('float32', [2]))).toBeNull();
  expect(living.size).toBe(0);
});

test.each([
  ['a named dimension', 'float32', ['batch', 3]],
  ['a free dimension', 'float32', [null, 3]],
  ['no values', 'float32', [0, 3]],
  ['64-bit integers', 'int64', [3]],
  ['strings', 'string', [3]],
  ['float16 without the feature', 'float16', [3]],
  ['more bytes than a shader may see', 'float32', [129]],
])('no buffers for %s', async (_, dtype, shape) => {
  const { device, living } = fakeDevice();
  expect(await bind(device, x(dtype, shape))).toBeNull();
  expect(await bind(device, x('float32', [1]), x(dtype, shape))).toBeNull();
  expect(living.size).toBe(0);
});

test('float16 has buffers where the device has float16', async () => {
  expect(
    await bind(fakeDevice({ features: ['shader-f16'] }).device, x('float16', [3])),
  ).not.toBeNull();
});

test('feeds of another dtype, shape or length are not taken', async () => {
  const binding = await bind(fakeDevice().device, x('float32', [2, 1]));
  const data = new Float32Array(2);
  expect(binding?.takes({ x: { dtype: 'float32', shape: [2, 1], data } })).toBe(true);
  expect(binding?.takes({ x: { dtype: 'float32', shape: [1, 2], data } })).toBe(false);
  expect(
    binding?.takes({ x: { dtype: 'float32', shape: [2, 1], data: new Float32Array(3) } }),
  ).toBe(false);
  expect(binding?.takes({ x: { dtype: 'int32', shape: [2, 1], data: new Int32Array(2) } })).toBe(
    false,
  );
  expect(binding?.takes({})).toBe(false);
  expect(
    binding?.takes({
      x: { dtype: 'float32', shape: [2, 1], data },
      z: { dtype: 'float32', shape: [1], data },
    }),
  ).toBe(false);
});
