import { expect } from 'chai';

import { inNamespace } from './support/in-namespace.js';

/**
 * The outer `/proc` stays visible here, so a monitor that failed to refuse would look at the whole machine: these
 * limits are ones that nothing on it reaches.
 */
const UNREACHABLE = { ram_gb_threshold: 1000, ram_percent_threshold: 100 };
const outside = { isolation: 'foreign-proc' } as const;

describe('where /proc shows another PID namespace', () => {
  inNamespace(
    'an armed monitor refuses to run, with exit status 69',
    async (ns) => {
      const bystander = await ns.bystander();
      const monitor = await ns.monitor({ config: { thresholds: UNREACHABLE } });
      expect(await monitor.program.ended()).to.include({ code: 69 });
      expect(monitor.errorOutput).to.match(/^memory-monitor: .+--mount-proc.+ \(MM_ERR_PROC_FOREIGN\)\n$/);
      expect(monitor.output).to.equal('');
      expect(bystander.signals).to.deep.equal([]);
    },
    outside,
  );

  inNamespace(
    'a dry run works',
    async (ns) => {
      const monitor = await ns.monitor({
        config: { thresholds: UNREACHABLE },
        options: ['--dry-run', '--once'],
      });
      expect(await monitor.program.ended()).to.include({ code: 0 });
      expect(monitor.lines('scan')[0]?.['scanned']).to.be.above(1);
      expect(monitor.errorOutput).to.equal('');
    },
    outside,
  );

  inNamespace(
    'a reload that would arm it is refused',
    async (ns) => {
      const monitor = await ns.monitor({ config: { thresholds: UNREACHABLE, settings: { dry_run: true } } });
      await monitor.told('scan');
      const refusal = await monitor.reload({ thresholds: UNREACHABLE, settings: { dry_run: false } });
      expect(refusal).to.include({ accepted: false, dryRun: true });
      expect((await monitor.stop()).code).to.equal(0);
    },
    outside,
  );
});
