/** The figures of `/proc/meminfo` that the monitor uses, in bytes; proc_meminfo(5). */
export interface Meminfo {
  readonly totalBytes: number;
  readonly availableBytes: number;
  /** Left out where the file has no such lines. */
  readonly swapTotalBytes?: number;
  readonly swapFreeBytes?: number;
}

/**
 * Reads `/proc/meminfo`, whatever lines it has beside; undefined without MemTotal. A kernel before 3.14 has no
 * MemAvailable: free memory and caches come nearest to it.
 */
export function parseMeminfo(text: string): Meminfo | undefined {
  const bytesOf = (key: string): number | undefined => {
    const kib = new RegExp(`^${key}:\\s*(\\d+)(?: kB)?\\s*$`, 'm').exec(text)?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  };
  const totalBytes = bytesOf('MemTotal');
  if (totalBytes === undefined || totalBytes === 0) {
    return undefined;
  }
  const estimate = (bytesOf('MemFree') ?? 0) + (bytesOf('Buffers') ?? 0) + (bytesOf('Cached') ?? 0);
  const availableBytes = Math.min(bytesOf('MemAvailable') ?? estimate, totalBytes);
  const [swapTotalBytes, swapFreeBytes] = [bytesOf('SwapTotal'), bytesOf('SwapFree')];
  const hasSwap = swapTotalBytes !== undefined && swapFreeBytes !== undefined;
  return { totalBytes, availableBytes, ...(hasSwap ? { swapTotalBytes, swapFreeBytes } : {}) };
}
