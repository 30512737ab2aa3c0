import { expect } from 'chai';
import fc from 'fast-check';

import { frame, FrameReader } from '#src/isolation/frames.js';

/** What the messages are that come out of these pieces. */
function messagesFrom(pieces: Iterable<Buffer>): unknown[] {
  const messages: unknown[] = [];
  const reader = new FrameReader((message) => messages.push(message));
  for (const piece of pieces) {
    reader.push(piece);
  }
  return messages;
}

/** Cuts bytes into pieces of these lengths, again and again; a piece of nothing is one, too. */
function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let start = 0, index = 0; start < bytes.length; index += 1) {
    const length = lengths[index % lengths.length] ?? 1;
    // A copy, as whatever comes from a socket is: what was read before must not be needed any more.
    yield Buffer.from(bytes.subarray(start, start + length));
    start += length;
  }
}

/** Whatever a message may hold: columns of a scan among it. */
const message = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: false,
});
const lengths = fc
  .array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 5 })
  .filter((all) => all.some((length) => length > 0));

describe('messages to the process of a plugin', () => {
  it('come out as they went in, in their order, whatever pieces they arrive in', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), lengths, (messages, pieceLengths) => {
        const bytes = Buffer.concat(messages.map(frame));
        const got = messagesFrom(cut(bytes, pieceLengths));
        expect(got).to.deep.equal(messages.map((sent) => structuredClone(sent)));
      }),
    );
  });

  it('come out byte by byte, and all at once', () => {
    const messages = [
      { type: 'start', sequence: 1 },
      undefined,
      'Größe 日本語',
      { pid: Int32Array.of(1, -2) },
    ];
    const bytes = Buffer.concat(messages.map(frame));
    expect(messagesFrom(cut(bytes, [1]))).to.deep.equal(messages);
    expect(messagesFrom([bytes])).to.deep.equal(messages);
  });

  it('come out when their last byte is there, and not before', () => {
    const bytes = frame({ a: 1 });
    expect(messagesFrom([bytes.subarray(0, -1)])).to.deep.equal([]);
    expect(messagesFrom([bytes, bytes.subarray(0, 3)])).to.deep.equal([{ a: 1 }]);
    expect(messagesFrom([])).to.deep.equal([]);
    expect(messagesFrom([Buffer.alloc(0)])).to.deep.equal([]);
  });

  it('may be as large as the samples of twenty thousand processes', () => {
    const samples = { rssBytes: Float64Array.from({ length: 20_000 }, (_, index) => index) };
    expect(messagesFrom(cut(frame(samples), [65_536]))).to.deep.equal([samples]);
  });

  it('keep their columns when whoever reads the next one writes to its own', () => {
    const bytes = Buffer.concat([1, 2].map((pid) => frame({ pid: Int32Array.of(pid) })));
    const [first, second] = messagesFrom([bytes]) as { pid: Int32Array }[];
    second?.pid.fill(99);
    expect(first?.pid[0]).to.equal(1);
  });
});
