import type { GpuReport } from './runtime.ts';

/**
 * Returns what the browser reports about its GPU.
 * @param isImported whether the app imports `perigee/webgpu`
 */
export async function reportGpu(isImported: boolean): Promise<GpuReport> {
  const report = await reportAdapter();
  return isImported ? report : { ...report, missingImport: "import 'perigee/webgpu'" };
}

async function reportAdapter(): Promise<GpuReport> {
  const info = (await adapter())?.info;
  const webnn = 'ml' in navigator ? (['webnn'] as const) : [];
  const key = [info?.vendor, info?.architecture, info?.device].join(' | ');
  // A software adapter computes on the same cores as wasm, and more slowly.
  if (info?.isFallbackAdapter)
    return {
      key,
      backends: webnn,
      skipped: [
        {
          backend: 'webgpu',
          reason: `the only adapter (${info.vendor} ${info.architecture}) is software on the CPU`,
          isSoftware: true,
        },
      ],
    };
  return {
    key,
    backends: info ? ['webgpu', ...webnn] : webnn,
    skipped: info ? [] : [{ backend: 'webgpu', reason: 'this browser gives no WebGPU adapter' }],
  };
}

interface GpuAdapter {
  readonly info?: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly isFallbackAdapter?: boolean;
  };
}

async function adapter(): Promise<GpuAdapter | null> {
  const { gpu } = navigator as Navigator & {
    gpu?: { requestAdapter(): Promise<GpuAdapter | null> };
  };
  return gpu ? gpu.requestAdapter().catch(() => null) : null;
}
