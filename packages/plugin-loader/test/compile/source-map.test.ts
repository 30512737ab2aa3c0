import { expect } from 'chai';

import { withSourceMap } from '#src/compile/source-map.js';

describe('a source map', () => {
  it('goes with the code, its sources absolute', () => {
    const map = { version: 3, sources: ['../../etc/a b.ts', 'c#.ts'], mappings: 'AAAA', names: [] };
    const [code, comment = '', end] = withSourceMap('code();\n', JSON.stringify(map), '/cache/work').split(
      '\n',
    );
    expect([code, end]).to.deep.equal(['code();', '']);
    const [prefix, encoded = ''] = comment.split('base64,');
    expect(prefix).to.equal('//# sourceMappingURL=data:application/json;');
    expect(JSON.parse(Buffer.from(encoded, 'base64').toString())).to.deep.equal({
      ...map,
      sources: ['file:///etc/a%20b.ts', 'file:///cache/work/c%23.ts'],
    });
  });
});
