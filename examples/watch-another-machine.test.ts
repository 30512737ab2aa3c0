import { settle, testPlugin } from '@memory-monitor/core/testing';
import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import plugin from './watch-another-machine.js';

const GB = 1024 ** 3;
const HOG = { pid: 77, startTime: 5, uid: 1000, name: 'remote-hog', rssBytes: 3 * GB };

describe('the example watch-another-machine', () => {
  it('has the agent end what is over the limit there, and leaves this machine alone', async () => {
    const ended: unknown[] = [];
    const agent = createServer((request, response) => {
      if (request.method === 'POST') {
        request.on('data', (body: Buffer) => ended.push(JSON.parse(body.toString())));
        request.on('end', () => response.end());
      } else {
        const report = { totalBytes: 16 * GB, availableBytes: 8 * GB, processes: [HOG] };
        response.end(JSON.stringify(report));
      }
    }).listen(0, '127.0.0.1');
    await once(agent, 'listening');
    const url = `http://127.0.0.1:${(agent.address() as AddressInfo).port}`;
    const monitor = await testPlugin(plugin, { config: { url } });
    const { pid } = monitor.machine.spawn({ rssBytes: 3 * GB });
    while (ended.length === 0) {
      await monitor.tick();
      await settle();
    }
    expect(ended[0]).to.deep.equal({ pid: 77, startTime: 5 });
    while (monitor.eventsOf('kill').length === 0) {
      await settle();
    }
    expect(monitor.eventsOf('kill')[0]).to.include({ outcome: 'terminated' });
    expect(monitor.machine.signals.filter((sent) => sent.pid === pid)).to.deep.equal([]);
    await monitor.stop();
    agent.closeAllConnections();
    agent.close();
  });

  it('tells once that the agent is away, ends nobody meanwhile, and goes on when it is back', async () => {
    let isAway = false;
    let asked = 0;
    const agent = createServer((_, response) => {
      asked += 1;
      response.statusCode = isAway ? 503 : 200;
      response.end(
        isAway ? 'no' : JSON.stringify({ totalBytes: 16 * GB, availableBytes: 8 * GB, processes: [] }),
      );
    }).listen(0, '127.0.0.1');
    await once(agent, 'listening');
    const url = `http://127.0.0.1:${(agent.address() as AddressInfo).port}`;
    const monitor = await testPlugin(plugin, { config: { url } });
    const warnings = (): string[] =>
      monitor.log.filter(({ level }) => level === 'warn').map(({ message }) => message);
    const untilAsked = async (times: number): Promise<void> => {
      for (const target = asked + times; asked < target;) {
        await monitor.tick();
        await settle();
      }
    };
    await untilAsked(2);
    isAway = true;
    await untilAsked(4);
    expect(warnings()).to.have.length(1);
    expect(warnings()[0]).to.include('the agent does not answer');
    isAway = false;
    await untilAsked(3);
    isAway = true;
    await untilAsked(3);
    expect(warnings()).to.have.length(2);
    expect(monitor.eventsOf('pluginError')).to.deep.equal([]);
    await monitor.stop();
    agent.closeAllConnections();
    agent.close();
  });
});
