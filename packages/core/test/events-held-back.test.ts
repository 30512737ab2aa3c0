import { MonitorEmitter } from '#src/events.js';
import type { MachineMemory } from '@memory-monitor/core';
import { expect } from 'chai';

const memory = (availableBytes: number): { readonly memory: MachineMemory } => ({
  memory: { totalBytes: 10, availableBytes, usedBytes: 10 - availableBytes },
});

function listening(): { readonly events: MonitorEmitter; readonly told: number[] } {
  const told: number[] = [];
  const events = new MonitorEmitter(() => undefined);
  events.on('memory', (event) => told.push(event.memory.availableBytes));
  return { events, told };
}

const nextTurn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

describe('events that are held back', () => {
  it('come in their order once the turn is over, and the next ones at once', async () => {
    const { events, told } = listening();
    events.holdBack();
    events.emit('memory', memory(1));
    events.holdBack();
    events.emit('memory', memory(2));
    await Promise.resolve();
    expect(told).to.deep.equal([]);
    await nextTurn();
    expect(told).to.deep.equal([1, 2]);
    events.emit('memory', memory(3));
    expect(told).to.deep.equal([1, 2, 3]);
  });

  it('come at once where somebody asks for it, and before what is told to somebody who waits', async () => {
    const { events, told } = listening();
    events.holdBack();
    events.emit('memory', memory(1));
    events.release();
    expect(told).to.deep.equal([1]);
    events.holdBack();
    events.emit('memory', memory(2));
    await events.tell('memory', memory(3));
    expect(told).to.deep.equal([1, 2, 3]);
  });

  it('are what they were when they were emitted', async () => {
    const { events, told } = listening();
    const event = memory(1);
    events.holdBack();
    events.emit('memory', event);
    expect(() => {
      (event.memory as { availableBytes: number }).availableBytes = 5;
    }).to.throw();
    await nextTurn();
    expect(told).to.deep.equal([1]);
  });
});
