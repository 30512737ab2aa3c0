/**
 * What ZFS's cache could give back at once, from `/proc/spl/kstat/zfs/arcstats`, and is not in MemAvailable already.
 *
 * The ARC shrinks under pressure down to `c_min`, and the kernel does not count it as available (openzfs/zfs issue 10255). Its
 * buffers (`data_size`, `metadata_size`) are pages of its own that no line of meminfo has. Headers, dnodes and dbufs are
 * in slabs, and those of them that the kernel may reclaim are in SReclaimable, and so in MemAvailable: they are left out here.
 */
export function reclaimableArcBytes(text: string): number {
  const bytesOf = (key: string): number | undefined => {
    const digits = new RegExp(`^${key}\\s+\\d+\\s+(\\d+)$`, 'm').exec(text)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const [size, least] = [bytesOf('size'), bytesOf('c_min')];
  if (size === undefined || least === undefined) {
    return 0;
  }
  const [data, metadata] = [bytesOf('data_size'), bytesOf('metadata_size')];
  const buffers = data === undefined || metadata === undefined ? size : data + metadata;
  return Math.max(0, Math.min(size - least, buffers));
}
