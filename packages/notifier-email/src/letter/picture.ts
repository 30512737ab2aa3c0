import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { initWasm, Resvg } from '@resvg/resvg-wasm';

/** Twice the size at which it is shown, for screens that have the pixels. */
const WIDTH_PIXELS = 1120;

let ready: Promise<Uint8Array> | undefined;

/** An SVG as PNG. Rejects where the renderer or its font is not there. */
export async function picture(svg: string): Promise<Buffer> {
  ready ??= load();
  const font = await ready;
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'width', value: WIDTH_PIXELS },
    font: { fontBuffers: [font], defaultFontFamily: 'DejaVu Sans' },
  });
  const image = drawing.render();
  try {
    return Buffer.from(image.asPng());
  } finally {
    image.free();
    drawing.free();
  }
}

/** Loads the renderer, and a font: a server has none. */
async function load(): Promise<Uint8Array> {
  const { resolve } = createRequire(import.meta.url);
  await initWasm(await readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')));
  return await readFile(resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));
}
