import { expect } from 'chai';

import { ThisProcess } from '#src/monitor-process.js';
import { LinuxProcessSource } from '#src/process-source.js';
import { itWhere } from '../support/it-where.js';
import { firstLack, lacksPidNamespace, lacksRoot } from '../support/lacks.js';
import { nodeRunning, run } from '../support/run.js';

describe('the process that the monitor is', () => {
  it('has its parent and PID 1 among its ancestors', () => {
    const self = new ThisProcess(new LinuxProcessSource().inspector);
    expect(self.pid).to.equal(process.pid);
    expect(self.ancestors()[0]).to.equal(process.ppid);
    expect(self.ancestors().at(-1)).to.equal(1);
    expect(self.ownsProcTree()).to.equal(true);
  });

  const ownsProcTree = (...unshare: readonly string[]): string => {
    const script = `
      import { ThisProcess } from '#src/monitor-process.js';
      import { LinuxProcessSource } from '#src/process-source.js';
      console.log(new ThisProcess(new LinuxProcessSource().inspector).ownsProcTree());`;
    return run('unshare', [...unshare, ...nodeRunning(script)]).stdout.trim();
  };

  itWhere(
    firstLack(lacksRoot, lacksPidNamespace),
    'does not take the /proc of another PID namespace for its own',
    async () => {
      expect(ownsProcTree('--pid', '--fork')).to.equal('false');
      expect(ownsProcTree('--pid', '--fork', '--mount-proc')).to.equal('true');
    },
  );
});
