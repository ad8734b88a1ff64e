import type { Signature, TensorSignature } from '@perigee/registry';
import type { Tensor, Tensors } from '../../tensor.ts';
import type { OrtModule, OrtSession, OrtTensor } from './ort-types.ts';

/** The parts of GPUBuffer and GPUDevice that are used here. */
interface GpuBuffer {
  mapAsync(mode: number, offset: number, size: number): Promise<void>;
  getMappedRange(offset: number, size: number): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

export interface GpuDevice {
  readonly features: ReadonlySet<string>;
  readonly limits: { readonly maxBufferSize: number; readonly maxStorageBufferBindingSize: number };
  readonly queue: {
    writeBuffer(buffer: GpuBuffer, offset: number, data: Uint8Array): void;
    submit(commands: readonly unknown[]): void;
  };
  createBuffer(descriptor: {
    readonly label: string;
    readonly size: number;
    readonly usage: number;
  }): GpuBuffer;
  createCommandEncoder(): {
    copyBufferToBuffer(
      from: GpuBuffer,
      fromOffset: number,
      to: GpuBuffer,
      toOffset: number,
      size: number,
    ): void;
    finish(): unknown;
  };
  pushErrorScope(filter: 'validation' | 'out-of-memory'): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
}

/** GPU buffers for one session's inputs and outputs. All runs reuse them; runs must not overlap. */
export interface GpuBinding {
  /** Whether these feeds have the dtypes and shapes the buffers were made for. */
  takes(feeds: Tensors): boolean;
  /** Runs with the buffers. The outputs stay in them until they are read. Rejects when it fails. */
  run(feeds: Tensors, outputs: readonly string[] | undefined): Promise<BoundOutputs>;
  destroy(): void;
}

export interface BoundOutputs {
  /** Copies the outputs of the run, and only these, to the CPU. Rejects when that fails. */
  read(): Promise<Tensors>;
}

/** The type that ONNX Runtime gives a GPUBuffer. */
type OrtBuffer = Parameters<OrtModule['Tensor']['fromGpuBuffer']>[0];

interface Slot {
  readonly name: string;
  readonly dtype: keyof typeof DTYPES;
  readonly shape: readonly number[];
  readonly byteLength: number;
  readonly buffer: GpuBuffer;
  readonly tensor: OrtTensor;
}

/**
 * Dtypes that ONNX Runtime keeps on the GPU in the layout of JavaScript arrays. It computes 64-bit
 * and small integers mostly on the CPU.
 */
const DTYPES = {
  float32: { bytes: 4, array: Float32Array },
  float16: { bytes: 2, array: Uint16Array },
  int32: { bytes: 4, array: Int32Array },
  uint32: { bytes: 4, array: Uint32Array },
  bool: { bytes: 1, array: Uint8Array },
} as const;

// Values of GPUBufferUsage and GPUMapMode. Only browsers have these names.
const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const STORAGE = 0x80;
const MODE_READ = 1;

/**
 * Makes buffers for a model whose shapes are all static. Null if a shape is free, or if the device
 * does not support a dtype or a size. A run writes its inputs into these buffers instead of
 * creating new ones. It reads all wanted outputs with one mapping instead of one after the other.
 *
 * Graph capture (`enableGraphCapture`) would work with such buffers, but is off: with it, ONNX
 * Runtime Web 1.30 gives wrong results without an error. It binds handles of buffers that it
 * releases after the first run. Observed in Chromium:
 * - With outputs allocated here, every later run gives the results of the first run.
 * - Without, a Clip whose bound is an input is wrong from the second run on.
 * - After another session has run in the runtime, a replay aborts the wasm. Then there is no
 *   ordinary session left to fall back to, or to compare with.
 *
 * onnxruntime#29594 (wrong replays of an encoder on two GPUs) was closed without a fix.
 */
export async function bindToGpu(
  ort: OrtModule,
  session: OrtSession,
  { inputs, outputs }: Signature,
  device: GpuDevice,
): Promise<GpuBinding | null> {
  const stagingBytes = outputs.reduce(
    (sum, output) => sum + roundUp(bytesOf(output, device), 8),
    0,
  );
  if (
    ![...inputs, ...outputs].every((tensor) => bytesOf(tensor, device) > 0) ||
    !(stagingBytes <= device.limits.maxBufferSize)
  )
    return null;
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  const buffers: Buffers = {
    device,
    fed: inputs.map((tensor) => createSlot(ort, device, tensor)),
    fetched: outputs.map((tensor) => createSlot(ort, device, tensor)),
    staging: device.createBuffer({
      label: 'perigee: read back',
      size: stagingBytes,
      usage: MAP_READ | COPY_DST,
    }),
  };
  const errors = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  if (errors.some((error) => error !== null)) {
    destroyBuffers(buffers);
    return null;
  }
  return {
    takes: (feeds) => fits(buffers, feeds),
    async run(feeds, names) {
      const { fed, fetched } = buffers;
      for (const { name, buffer } of fed)
        device.queue.writeBuffer(buffer, 0, padded(feeds[name]?.data as Uint8Array));
      const wanted = fetched.filter(({ name }) => names?.includes(name) ?? true);
      await session.run(tensorsOf(fed), tensorsOf(wanted));
      return { read: () => readSlots(buffers, wanted) };
    },
    destroy: () => destroyBuffers(buffers),
  };
}

/** The buffers of a session. */
interface Buffers {
  readonly device: GpuDevice;
  /** Inputs of the model. */
  readonly fed: readonly Slot[];
  /** Outputs of the model. */
  readonly fetched: readonly Slot[];
  /** The outputs of a run are copied into it, to be read with one mapping. */
  readonly staging: GpuBuffer;
}

function createSlot(ort: OrtModule, device: GpuDevice, signature: TensorSignature): Slot {
  const { name, dtype, shape } = signature as Slot;
  const byteLength = bytesOf(signature, device);
  // Kernels read and copy 16 bytes at a time.
  const buffer = device.createBuffer({
    label: `perigee: ${name}`,
    size: roundUp(byteLength, 16),
    usage: STORAGE | COPY_SRC | COPY_DST,
  });
  const tensor = ort.Tensor.fromGpuBuffer(buffer as unknown as OrtBuffer, {
    dataType: dtype,
    dims: shape,
  });
  return { name, dtype, shape, byteLength, buffer, tensor };
}

function destroyBuffers({ fed, fetched, staging }: Buffers): void {
  for (const { buffer } of [...fed, ...fetched, { buffer: staging }]) buffer.destroy();
}

/** Whether feeds have the dtypes and shapes that the buffers were made for. */
function fits({ fed }: Buffers, feeds: Tensors): boolean {
  if (Object.keys(feeds).length !== fed.length) return false;
  return fed.every(({ name, dtype, shape, byteLength }) => {
    const feed = feeds[name];
    return (
      feed !== undefined &&
      feed.dtype === dtype &&
      feed.shape.join() === shape.join() &&
      (feed.data as Uint8Array).byteLength === byteLength
    );
  });
}

async function readSlots({ device, staging }: Buffers, wanted: readonly Slot[]): Promise<Tensors> {
  device.pushErrorScope('validation');
  const encoder = device.createCommandEncoder();
  let end = 0;
  const parts = wanted.map((slot) => {
    const part = { slot, offset: end, size: roundUp(slot.byteLength, 4) };
    encoder.copyBufferToBuffer(slot.buffer, 0, staging, part.offset, part.size);
    end = part.offset + roundUp(slot.byteLength, 8);
    return part;
  });
  device.queue.submit([encoder.finish()]);
  try {
    // If the copy is refused, the staging buffer still contains an earlier result.
    const [refused] = await Promise.all([
      device.popErrorScope(),
      staging.mapAsync(MODE_READ, 0, end),
    ]);
    if (refused) throw new Error(`The outputs could not be read back: ${refused.message}`);
    return Object.fromEntries(
      parts.map(({ slot: { name, dtype, shape, byteLength }, offset, size }) => {
        const bytes = staging.getMappedRange(offset, size).slice(0, byteLength);
        const data = new DTYPES[dtype].array(bytes);
        return [name, { dtype, shape: [...shape], data } as Tensor];
      }),
    );
  } finally {
    staging.unmap();
  }
}

/** Bytes of a tensor. NaN if its size is not fixed, or if this device has no buffer for it. */
function bytesOf(
  { dtype, shape, rank, optional, list }: TensorSignature,
  { features, limits }: GpuDevice,
): number {
  if (rank === 'unknown' || optional || list) return NaN;
  if (!(dtype in DTYPES) || (dtype === 'float16' && !features.has('shader-f16'))) return NaN;
  const bytes = shape.reduce<number>(
    (product, size) => product * (typeof size === 'number' ? size : NaN),
    DTYPES[dtype as Slot['dtype']].bytes,
  );
  return roundUp(bytes, 16) <= Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize)
    ? bytes
    : NaN;
}

function tensorsOf(slots: readonly Slot[]): Record<string, OrtTensor> {
  return Object.fromEntries(slots.map(({ name, tensor }) => [name, tensor]));
}

/** The bytes of an array, padded to the multiple of 4 that writeBuffer requires. */
function padded(data: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.byteLength % 4 === 0) return bytes;
  const result = new Uint8Array(roundUp(bytes.byteLength, 4));
  result.set(bytes);
  return result;
}

function roundUp(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}
